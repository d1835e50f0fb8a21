/* parameters.c
 * The parameters of MAIL and RCPT. Columns: name, the commands it stands on, form of its value,
 * syntax of the value, reference, explanation. Sorted by name.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_param_row_t params[] = {
    {"ALT-ADDRESS", ESMTP_ON_MAIL | ESMTP_ON_RCPT, ESMTP_VALUE_XTEXT, "xtext of an ASCII address", "RFC 5336",
     "An address in ASCII that stands in for one with other characters. It is for servers that do "
     "not take those; obsolete."},
    {"AUTH", ESMTP_ON_MAIL, ESMTP_VALUE_AUTH, "xtext of an address, or <>", "RFC 4954 section 5",
     "Who submitted the mail in the first place, as a trusted server vouches. <> means that "
     "nobody is known."},
    {"BODY", ESMTP_ON_MAIL, ESMTP_VALUE_BODY, "7BIT / 8BITMIME / BINARYMIME", "RFC 6152, RFC 3030",
     "What kind of octets the body holds. BINARYMIME means that BDAT has to be used and never "
     "DATA."},
    {"BY", ESMTP_ON_MAIL, ESMTP_VALUE_BY, "[+ / -]1*9DIGIT;(N / R)[T]", "RFC 2852",
     "The deadline for delivery, in seconds from now. R returns the message when the time is up, "
     "N only sends a notice of the delay, and T asks for a trace of each relay."},
    {"CONNEG", ESMTP_ON_RCPT, ESMTP_VALUE_FLAG, "", "RFC 4141",
     "Asks which media formats this recipient's device can show. The reply names them in further "
     "lines."},
    {"CONPERM", ESMTP_ON_MAIL, ESMTP_VALUE_FLAG, "", "RFC 4141",
     "Servers on the way may convert the content as far as its header permits."},
    {"ENVID", ESMTP_ON_MAIL, ESMTP_VALUE_ENVID, "xtext, at most 100 characters", "RFC 3461 section 4.4, RFC 3885",
     "The sender's own number for this sending. Delivery reports repeat it, and tracking needs "
     "it."},
    {"EXDATA", ESMTP_ON_MAIL, ESMTP_VALUE_FLAG, "", "draft-varshavchik-exdata-smtpext, Courier",
     "The client understands the 558 reply with its verdict for each recipient."},
    {"HOLDFOR", ESMTP_ON_MAIL, ESMTP_VALUE_HOLDFOR, "1-999999999", "RFC 4865",
     "For how many seconds the server shall hold the message before it sends it on."},
    {"HOLDUNTIL", ESMTP_ON_MAIL, ESMTP_VALUE_HOLDUNTIL, "RFC 3339 date-time in UTC", "RFC 4865",
     "Until when the server shall hold the message before it sends it on."},
    {"IDENTITY", ESMTP_ON_MAIL, ESMTP_VALUE_XTEXT, "xtext", "Cyrus IMAP, Fastmail",
     "The JMAP identity under which the user sends this message."},
    {"IGNOREQUOTA", ESMTP_ON_RCPT, ESMTP_VALUE_FLAG, "", "Cyrus IMAP",
     "Deliver even if the mailbox is over its quota."},
    {"MT-PRIORITY", ESMTP_ON_MAIL, ESMTP_VALUE_MT_PRIORITY, "-9 to 9", "RFC 6710",
     "How urgent the transfer of this message is: higher goes first, 0 is normal."},
    {"MTRK", ESMTP_ON_MAIL, ESMTP_VALUE_MTRK, "base64[:1*9DIGIT]", "RFC 3885",
     "Asks the servers to remember the message, so that it can be tracked. The value is the hash "
     "of a secret that the sender keeps; the number tells for how many seconds to remember."},
    {"NOTIFY", ESMTP_ON_RCPT, ESMTP_VALUE_NOTIFY, "NEVER / 1#(SUCCESS / FAILURE / DELAY)", "RFC 3461 section 4.1",
     "When the sender wants a report on this recipient. NEVER stands alone; without the "
     "parameter a failure is reported."},
    {"ORCPT", ESMTP_ON_RCPT, ESMTP_VALUE_ORCPT, "type;xtext, at most 500 characters", "RFC 3461 section 4.2, RFC 6533",
     "The recipient's address as the author wrote it, before anybody rewrote or forwarded it. "
     "Delivery reports repeat it."},
    {"PRDR", ESMTP_ON_MAIL, ESMTP_VALUE_FLAG, "", "draft-hall-prdr-00, Exim",
     "The client wants a verdict on each recipient after the message."},
    {"REQUIRETLS", ESMTP_ON_MAIL, ESMTP_VALUE_REQUIRETLS, "", "RFC 8689",
     "The message may travel only over TLS with checked certificates, to servers that promise "
     "the same. Where that cannot be had it bounces."},
    {"RET", ESMTP_ON_MAIL, ESMTP_VALUE_RET, "FULL / HDRS", "RFC 3461 section 4.3",
     "What a report of failure returns: the whole message or its header only."},
    {"RRVS", ESMTP_ON_RCPT, ESMTP_VALUE_RRVS, "date-time[;(C / R)]", "RFC 7293",
     "Deliver only if the mailbox has had the same owner since this date. C goes on and R "
     "refuses where a later server does not know the parameter."},
    {"SECURITY", ESMTP_ON_MAIL, ESMTP_VALUE_SECURITY, "NONE / STARTTLS", "draft-varshavchik-security-smtpext, Courier",
     "STARTTLS allows the message to travel on over TLS with a trusted certificate only."},
    {"SIZE", ESMTP_ON_MAIL, ESMTP_VALUE_SIZE, "1*20DIGIT", "RFC 1870",
     "How big the message is, by the client's reckoning in octets. The server can refuse at once "
     "what it would not take."},
    {"SMTPUTF8", ESMTP_ON_MAIL, ESMTP_VALUE_SMTPUTF8, "", "RFC 6531",
     "This message needs a server that takes UTF-8 in addresses or header fields."},
    {"SOLICIT", ESMTP_ON_MAIL, ESMTP_VALUE_SOLICIT, "class *(,class)", "RFC 3865",
     "The sender labels the message as advertising of these classes. Each is named by a domain "
     "turned round and a word."},
    {"SUBMITTER", ESMTP_ON_MAIL, ESMTP_VALUE_XTEXT, "xtext of an address", "RFC 4405",
     "The address that is responsible for sending this mail, for the abandoned Sender ID check."},
    {"TRANSID", ESMTP_ON_MAIL, ESMTP_VALUE_TRANSID, "<local@domain>, at most 80 characters", "RFC 1845",
     "The name of this transfer, under which it can be continued if the connection breaks."},
    {"VERP", ESMTP_ON_MAIL, ESMTP_VALUE_FLAG, "", "draft-varshavchik-verp-smtpext, PowerMTA",
     "Give each recipient a return address of its own, so that bounces show whose address failed."},
    {"XATTRDIRECT", ESMTP_ON_MAIL, ESMTP_VALUE_DIRECTION, "Incoming / Originating", "Microsoft Exchange",
     "Whether the message comes into the tenant or goes out from it."},
    {"XATTRORGID", ESMTP_ON_MAIL, ESMTP_VALUE_TEXT, "xorgid:GUID", "Microsoft Exchange",
     "The tenant of Exchange Online that the message is attributed to."},
    {"XMESSAGECONTEXT", ESMTP_ON_MAIL, ESMTP_VALUE_TEXT, "name-version *(,name-version)", "Microsoft Exchange",
     "Which blocks of prepared data come with the message: recipient cache, properties, search index."},
    {"XOORG", ESMTP_ON_MAIL, ESMTP_VALUE_XTEXT, "xtext of a domain", "Microsoft Exchange",
     "The organisation that the message comes from, so that the receiver can treat it as "
     "internal mail. Seen from Exchange; not documented in detail."},
    {"XORAR", ESMTP_ON_RCPT, ESMTP_VALUE_XTEXT, "xtext of an address", "Microsoft Exchange",
     "Who shall get the message if it cannot be delivered to this recipient, an idea from X.400."},
    {"XORIGFROM", ESMTP_ON_MAIL, ESMTP_VALUE_XTEXT, "xtext of an address", "Microsoft Exchange",
     "The sender's address as it was before the envelope got another one. The meaning is not "
     "documented."},
    {"XRCPTFORWARD", ESMTP_ON_RCPT, ESMTP_VALUE_XTEXT, "xtext of name=value fields", "Dovecot",
     "Login data of this user, passed from a Dovecot proxy to the next server. The decoded fields "
     "are separated by tabs."},
    {"XRDST", ESMTP_ON_RCPT, ESMTP_VALUE_XTEXT, "xtext", "Microsoft Exchange",
     "The destination that the sending server has worked out for this recipient. Seen from "
     "Exchange; meaning not documented."},
    {"XSHADOW", ESMTP_ON_MAIL, ESMTP_VALUE_TEXT, "message id", "Microsoft Exchange",
     "Names the safety copy of this message, so that it can be thrown away later. Not documented "
     "in detail."},
    {"XSYSPROBEID", ESMTP_ON_MAIL, ESMTP_VALUE_TEXT, "GUID", "Microsoft Exchange",
     "Marks a test message of Exchange's monitoring and gives the id under which it is followed."},
    {"XVERP", ESMTP_ON_MAIL, ESMTP_VALUE_OPTIONAL, "[=two delimiters]", "Postfix",
     "Postfix's way to ask for a return address for each recipient. The two characters of the "
     "value separate its parts."},
};

const esmtp_param_row_t *esmtp_param_find(esmtp_span_t name, uint8_t on)
{
    const esmtp_param_row_t *row =
        (const esmtp_param_row_t *)esmtp_table_find_name(params, G_N_ELEMENTS(params), sizeof params[0], name);

    return row && (row->on & on) ? row : NULL;
}

const esmtp_param_row_t *esmtp_param_rows(size_t *n)
{
    *n = G_N_ELEMENTS(params);
    return params;
}
