/* words.c
 * The words that stand in the values of EHLO keywords and of MAIL and RCPT parameters. Columns:
 * set, word, meaning. Sorted by set and word.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_word_row_t words[] = {
    /* RFC 6152 section 3, RFC 3030 section 3 */
    {ESMTP_SET_BODY, "7BIT", "lines of ASCII"},
    {ESMTP_SET_BODY, "8BITMIME", "lines that may hold octets above 127"},
    {ESMTP_SET_BODY, "BINARYMIME", "any octets, which only BDAT can carry"},

    /* RFC 4468 section 3.3 */
    {ESMTP_SET_BURL, "IMAP", "takes authorised IMAP URLs"},

    /* RFC 2852 section 4 */
    {ESMTP_SET_BY, "N", "notify: after the deadline go on, and tell the sender"},
    {ESMTP_SET_BY, "NT", "notify: after the deadline go on, and tell the sender; trace: tell of each relay"},
    {ESMTP_SET_BY, "R", "return: after the deadline give up, and return the message"},
    {ESMTP_SET_BY, "RT", "return: after the deadline give up, and return the message; trace: tell of each relay"},

    /* Microsoft Exchange */
    {ESMTP_SET_CONTEXT, "ADRC", "cache of recipients"},
    {ESMTP_SET_CONTEXT, "EPROP", "extended properties"},
    {ESMTP_SET_CONTEXT, "FSTINDX", "search index"},

    {ESMTP_SET_DIRECTION, "INCOMING", "comes into the tenant"},
    {ESMTP_SET_DIRECTION, "ORIGINATING", "goes out from the tenant"},

    /* RFC 3461 section 4.1 */
    {ESMTP_SET_NOTIFY, "DELAY", "report when delivery is delayed"},
    {ESMTP_SET_NOTIFY, "FAILURE", "report when delivery has failed"},
    {ESMTP_SET_NOTIFY, "NEVER", "no report at all"},
    {ESMTP_SET_NOTIFY, "SUCCESS", "report when the message has been delivered"},

    /* Address types: RFC 3461 section 4.2, RFC 6533 section 3, IANA dsn-types */
    {ESMTP_SET_ORCPT, "RFC822", "Internet mail address"},
    {ESMTP_SET_ORCPT, "UTF-8", "internationalized mail address"},
    {ESMTP_SET_ORCPT, "X400", "X.400 address"},

    /* RFC 6710 section 9.2 */
    {ESMTP_SET_PROFILE, "MIXER", "general use, after X.400"},
    {ESMTP_SET_PROFILE, "NSEP", "emergency services"},
    {ESMTP_SET_PROFILE, "STANAG4406", "NATO military messages"},

    /* RFC 3461 section 4.3 */
    {ESMTP_SET_RET, "FULL", "a report of failure returns the whole message"},
    {ESMTP_SET_RET, "HDRS", "a report of failure returns the header only"},

    /* RFC 7293 section 3 */
    {ESMTP_SET_RRVS, "C", "continue where a server does not know RRVS"},
    {ESMTP_SET_RRVS, "R", "refuse where a server does not know RRVS"},

    /* draft-varshavchik-security-smtpext */
    {ESMTP_SET_SECURITY, "NONE", "no demands on further transport"},
    {ESMTP_SET_SECURITY, "STARTTLS", "further transport over TLS with trusted certificates only"},

    /* Postfix XCLIENT_README; Dovecot, Exim */
    {ESMTP_SET_XCLIENT, "ADDR", "client's IP address"},
    {ESMTP_SET_XCLIENT, "CLIENT-TRANSPORT", "whether the client uses TLS"},
    {ESMTP_SET_XCLIENT, "DESTADDR", "IP address that the client connected to"},
    {ESMTP_SET_XCLIENT, "DESTNAME", "server name that the client asked for"},
    {ESMTP_SET_XCLIENT, "DESTPORT", "port that the client connected to"},
    {ESMTP_SET_XCLIENT, "HELO", "name that the client gave in its hello"},
    {ESMTP_SET_XCLIENT, "LOGIN", "user name of the client's login"},
    {ESMTP_SET_XCLIENT, "NAME", "client's host name"},
    {ESMTP_SET_XCLIENT, "PORT", "client's port"},
    {ESMTP_SET_XCLIENT, "PROTO", "SMTP or ESMTP"},
    {ESMTP_SET_XCLIENT, "REVERSE_NAME", "client's host name by reverse look-up, unverified"},
    {ESMTP_SET_XCLIENT, "SESSION", "id of the session"},
    {ESMTP_SET_XCLIENT, "TIMEOUT", "seconds until the proxy gives up"},
    {ESMTP_SET_XCLIENT, "TTL", "number of further proxies allowed"},

    /* Postfix XFORWARD_README */
    {ESMTP_SET_XFORWARD, "ADDR", "client's IP address"},
    {ESMTP_SET_XFORWARD, "DOMAIN", "LOCAL or REMOTE, an old name of SOURCE"},
    {ESMTP_SET_XFORWARD, "HELO", "name that the client gave in its hello"},
    {ESMTP_SET_XFORWARD, "IDENT", "queue id of the message at the first server"},
    {ESMTP_SET_XFORWARD, "NAME", "client's host name"},
    {ESMTP_SET_XFORWARD, "PORT", "client's port"},
    {ESMTP_SET_XFORWARD, "PROTO", "SMTP or ESMTP"},
    {ESMTP_SET_XFORWARD, "SOURCE", "LOCAL or REMOTE: where the message entered"},
};

typedef struct {
    esmtp_word_set_t set;
    esmtp_span_t word;
} word_key_t;

static int compare_word(const void *key, const void *row)
{
    const word_key_t *wanted = (const word_key_t *)key;
    const esmtp_word_row_t *word = (const esmtp_word_row_t *)row;

    if (wanted->set != word->set)
        return wanted->set < word->set ? -1 : 1;
    return esmtp_table_compare_name(&wanted->word, &word->word);
}

const esmtp_word_row_t *esmtp_word_find(esmtp_word_set_t set, esmtp_span_t word)
{
    const word_key_t key = {set, word};

    return (const esmtp_word_row_t *)bsearch(&key, words, G_N_ELEMENTS(words), sizeof words[0], compare_word);
}

const esmtp_word_row_t *esmtp_word_rows(size_t *n)
{
    *n = G_N_ELEMENTS(words);
    return words;
}
