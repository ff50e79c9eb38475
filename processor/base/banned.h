/* banned.h - what we do not use, and what instead; forced into every file by the build (-include). */
#ifndef BUNDELWACHT_BASE_BANNED_H
#define BUNDELWACHT_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf gets /* snprintf, buffer_add */
#pragma GCC poison strtok strncpy strncat              /* spans of bytes.h */
#pragma GCC poison atoi atol atoll atof                /* strtol with its end checked */
#pragma GCC poison setlocale localtime gmtime ctime    /* no locale; days of engine/calendar.h */
#pragma GCC poison rand srand random                   /* a seed of our own */

#endif
