/* limits.h - every upper bound on what comes from outside, why, and what happens there.
 * Units:   bytes unless the name says otherwise. The bounds of fields are those of §1. */
#ifndef BUNDELWACHT_BASE_LIMITS_H
#define BUNDELWACHT_BASE_LIMITS_H

#define DECLARATION_ID_BYTES_MAX 64 /* §1; longer: dead letter bad_declaration_id */
#define INSURED_BYTES_MAX 64        /* §1; longer: dead letter bad_insured */
#define TRAJECTORY_BYTES_MAX 32     /* §1 */
#define SERIAL_MAX 999999           /* §1 */
#define CODE_BYTES_MAX 12           /* §1: care_code and diagnosis */
#define SUBTYPE_BYTES_MAX 6         /* §1 */
#define AMOUNT_CENTS_MAX 1000000000000LL /* §1: 10^12 cents */
#define NAME_BYTES_MAX 64           /* §13: ids, names and labels of the book */

/* key or value in a dump, a JSON line; longer: the file is damaged */
#define KAFKA_RECORD_BYTES_MAX (256u * 1024 * 1024)
#define TOPIC_NAME_BYTES_MAX 249       /* Kafka's own bound; longer: refused */
#define RECORD_BYTES_MAX (1024 * 1024) /* a record's value; larger: dead letter too_large */
#define VALUE_BYTES_MAX (64 * 1024 * 1024) /* what input.value_bytes_max may be set to */
/* headers that a dead letter takes over from its original; more: left out */
#define LETTER_HEADERS_MAX 64
/* their names and values together; what is past it is left out */
#define LETTER_HEADERS_BYTES_MAX (64 * 1024)
#define JSON_DEPTH_MAX 32              /* nesting in unknown fields of a JSON line; deeper: bad_json */
#define SCHEMA_DEPTH_MAX 32            /* nesting of a writer schema; deeper: bad_schema */
#define SKIP_ITEMS_MAX 65536           /* items of skipped arrays and maps in one record; more: bad_avro */
/* what a skipped field or item without bytes counts for: at most 4096 in one record */
#define SKIP_EMPTY_ITEMS 16
#define SCHEMA_BYTES_MAX (1024 * 1024) /* a writer schema's text; longer: bad_schema */
#define SCHEMA_NAME_BYTES_MAX 512      /* a name or namespace in a writer schema; longer: bad_schema */
#define SCHEMA_TYPES_MAX 1024          /* records, enums and fixeds of a writer schema; more: bad_schema */
#define SCHEMA_NAMES_MAX 4096          /* fields of a record, symbols of an enum; more: bad_schema */
#define SCHEMA_BRANCHES_MAX 256        /* of a union; more: bad_schema */
#define SCHEMAS_MAX 65536              /* files of a directory of schemas; more: refused */
#define SKIP_DEPTH_MAX 64              /* nesting of skipped values (recursive schemas); deeper: bad_avro */
#define CONTAINER_HEADER_BYTES_MAX (4 * 1024 * 1024) /* metadata of a container file; more: damaged */
/* a block of a container file, packed or not; more: damaged */
#define CONTAINER_BLOCK_BYTES_MAX (64 * 1024 * 1024)
/* What a container file may cost beyond what it says in records that can be read: 1 MB of it a second, 100 MB
 * of memory, 100 MB of disk. */
/* blocks of a file unpacked, all together; more than that and ... */
#define CONTAINER_UNPACKED_FREE (64ull * 1024 * 1024)
/* ... this many bytes for each that was read: damaged */
#define CONTAINER_UNPACKED_RATIO_MAX 256u
#define CONTAINER_ZSTANDARD_WINDOW_LOG_MAX 24         /* zstd's levels up to 19; more: cannot be unpacked */
/* bytes in dead letters of a file, all together; more than that and ... */
#define CONTAINER_LETTERS_FREE (1024ull * 1024)
#define CONTAINER_LETTERS_RATIO_MAX 32u               /* ... this many for each that was read: damaged */
/* unpacked bytes for each that was read; above it letters of the fold count too */
#define CONTAINER_DENSE_RATIO 4u
#define CONTAINER_LETTER_BYTES 128u                   /* what a letter counts for beside its value */
/* one letter, in a file smaller than that; longer: damaged */
#define CONTAINER_LETTER_BYTES_MAX (8u * 1024 * 1024)
#define BOOK_BYTES_MAX (4 * 1024 * 1024) /* a book's or settings' text; larger: refused */
/* of a book's or settings' text in a row; more: refused, the library's time grows with their square */
#define BLANK_LINES_MAX 100
#define DIRECTIVES_MAX 16              /* lines of it that begin with %; more: refused, as above */
#define TAG_ESCAPES_MAX 64             /* % in a word that begins with !; more: refused, as above */
#define CHECKPOINT_HEAD_BYTES_MAX 65536 /* of a checkpoint's file; more: no checkpoint */
/* a book or a reference file in it; longer: not written, or damaged */
#define CHECKPOINT_TEXT_BYTES_MAX (64 * 1024 * 1024)
#define CHECKPOINT_BLOCK_BYTES_MAX (256 * 1024 * 1024) /* a block of it, unpacked; longer: damaged */
/* of one partition in a state directory; what is more is not looked at */
#define CHECKPOINT_FILES_MAX 65536
#define CHECKPOINT_CHUNKS_MAX (1 << 24)  /* of a checkpoint in the topic; more: it stays on this machine */
/* checkpoints in a partition of the topic; what is more is not looked at */
#define CHECKPOINT_SETS_MAX 4096
#define CHECKPOINT_TOPIC_MESSAGE_BYTES_MAX                                                                   \
    "5242880"                          /* max.message.bytes of the topic: a book and its key fit */
#define BUNDLES_MAX 256                /* of a book; the matrix of overlaps is this squared at most */
#define CRITERIA_MAX 4096              /* of a book; a kept line carries a bit for each */
#define WORKERS_MAX 64                 /* threads of a process */
#define PARTITIONS_MAX 4096            /* of a topic, or of a replay */

#endif
