#include "stream/librdkafka.h"

#include <stdarg.h>
#include <stdio.h>

void failure_set(struct failure *failure, enum remedy remedy, enum failure_cause cause, const char *format,
                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof(failure->text), format, arguments);
    va_end(arguments);
    failure->remedy = remedy;
    failure->cause = cause;
}

/* Codes that do not mean what their neighbours mean; what is not here is CAUSE_KAFKA. */
static const struct {
    rd_kafka_resp_err_t code;
    enum failure_cause cause;
} causes[] = {
    { RD_KAFKA_RESP_ERR__TRANSPORT, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR__RESOLVE, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR__TIMED_OUT, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, CAUSE_UNREACHABLE },
    /* a broker that has just come back, or takes over */
    { RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, CAUSE_UNREACHABLE },
    /* the one before cannot end while a partition has no leader */
    { RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, CAUSE_UNREACHABLE },
    { RD_KAFKA_RESP_ERR__FENCED, CAUSE_FENCED },
    { RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, CAUSE_FENCED },
    { RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR__AUTHENTICATION, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, CAUSE_CONFIG },
    { RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, CAUSE_CONFIG },
};

static enum failure_cause cause_of(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < COUNT(causes); i++)
        if (causes[i].code == code)
            return causes[i].cause;
    return CAUSE_KAFKA;
}

void failure_of_code(rd_kafka_resp_err_t code, const char *detail, const char *what, struct failure *failure)
{
    failure_set(failure, REMEDY_STOP, cause_of(code), "could not %s: %s (%s)", what,
                detail ? detail : rd_kafka_err2str(code), rd_kafka_err2name(code));
}

/* In this order: an error can be both, and the graver says what to do (LIBRARIES.md §2.4). */
static enum remedy remedy_of(const rd_kafka_error_t *error)
{
    if (rd_kafka_error_is_fatal(error))
        return REMEDY_PRODUCER;
    if (rd_kafka_error_txn_requires_abort(error))
        return REMEDY_ABORT;
    if (rd_kafka_error_is_retriable(error))
        return REMEDY_AGAIN;
    return REMEDY_PRODUCER;
}

bool failure_of_error(rd_kafka_error_t *error, const char *what, struct failure *failure)
{
    if (!error)
        return true;
    failure_of_code(rd_kafka_error_code(error), rd_kafka_error_string(error), what, failure);
    failure->remedy = remedy_of(error);
    rd_kafka_error_destroy(error);
    return false;
}
