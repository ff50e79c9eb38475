/* signature.h - HMAC-SHA-256 with the keys of `state.key_file`: who has none of them cannot make a
 * checkpoint.
 * Owner:   the caller owns the keys until signing_keys_free, and a signature until signature_end.
 * Units:   bytes.
 * Errors:  NULL with a sentence; no key is ever part of one.
 * Threads: signing_use before any other thread begins; the rest from any thread, one at a time per signature.
 *
 * The file has one key a line, of at least 32 bytes. The first signs, each is believed: to change keys put
 * the new one on top, and take the old one away when every partition has written two checkpoints since. A
 * key is known by its id, which is made of it and says nothing of it. */
#ifndef BUNDELWACHT_STATE_SIGNATURE_H
#define BUNDELWACHT_STATE_SIGNATURE_H

#include "base/bytes.h"

enum {
    SIGNATURE_BYTES = 32,
    SIGNING_KEY_BYTES_MIN = 32,
    SIGNING_KEYS_MAX = 16,
    SIGNING_FILE_BYTES_MAX = 16384
};

struct signing_keys;
/* NULL also when others than its owner may read or write the file, or it is neither ours nor root's. */
struct signing_keys *signing_keys_read(const char *path, char *ret_error, size_t error_size);
void signing_keys_free(struct signing_keys *keys); /* NULL is fine */

/* From now on what is written is signed, and what is read must be. NULL: neither. The keys stay the
 * caller's. */
void signing_use(const struct signing_keys *keys);
bool signing_is_on(void);
uint64_t signing_key_id(void); /* of the key that signs; 0 when none does */

/* A signature over bytes that come one after the other. `purpose` keeps one kind from being taken for
 * another. NULL: no such key. */
struct signature;
struct signature *signature_begin(uint64_t key_id, const char *purpose);
void signature_add(struct signature *signature, const void *data, size_t length);
/* Of what was added so far; more may follow. */
void signature_now(const struct signature *signature, unsigned char ret_bytes[SIGNATURE_BYTES]);
/* In a time that does not depend on where they differ. */
bool signature_is(const struct signature *signature, const void *bytes);
void signature_end(struct signature *signature); /* NULL is fine */

#endif
