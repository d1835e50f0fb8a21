/* enhanced.c
 * The enhanced status codes of RFC 3463 and the IANA registry, and those that vendors use in ways
 * of their own. Columns: class (0: any), subject, detail from and to, reference, meaning. Each
 * table is sorted by class, subject, detail; ranges of one class do not overlap. A row of the very
 * class counts before one of any class.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_enhanced_row_t registry[] = {
    {0, 0, 0, 0, "RFC 3463 section 3.1", "No detail is given beyond success or failure."},
    {0, 1, 0, 0, "RFC 3463 section 3.2", "It is about an address; the server does not say more."},
    {0, 1, 1, 1, "RFC 3463 section 3.2",
     "There is no such mailbox: the server does not know the part before the @ of the address."},
    {0, 1, 2, 2, "RFC 3463 section 3.2",
     "There is no such system: the domain after the @ does not exist or takes no mail."},
    {0, 1, 3, 3, "RFC 3463 section 3.2", "The recipient's address is malformed."},
    {0, 1, 4, 4, "RFC 3463 section 3.2", "The recipient's address matches more than one mailbox."},
    {0, 1, 5, 5, "RFC 3463 section 3.2", "The recipient's address is valid. This detail goes with success."},
    {0, 1, 6, 6, "RFC 3463 section 3.2", "The mailbox has moved, and no new address is known."},
    {0, 1, 7, 7, "RFC 3463 section 3.2", "The sender's address is malformed."},
    {0, 1, 8, 8, "RFC 3463 section 3.2",
     "The sender's system is wrong: its domain does not exist or could not take a bounce."},
    {0, 1, 9, 9, "RFC 3886",
     "The message went on to a system that sends no such reports, so no more news of it will "
     "come."},
    {0, 1, 10, 10, "RFC 7505, RFC 7504",
     "The recipient's domain has a null MX: it announces that it never takes mail."},
    {0, 2, 0, 0, "RFC 3463 section 3.3", "It is about the mailbox; the server does not say more."},
    {0, 2, 1, 1, "RFC 3463 section 3.3", "The mailbox exists but is disabled and takes no messages."},
    {0, 2, 2, 2, "RFC 3463 section 3.3", "The mailbox is full."},
    {0, 2, 3, 3, "RFC 3463 section 3.3", "The message is larger than this mailbox takes."},
    {0, 2, 4, 4, "RFC 3463 section 3.3", "The mailing list could not be expanded into its members."},
    {0, 3, 0, 0, "RFC 3463 section 3.4", "It is about the receiving mail system; the server does not say more."},
    {0, 3, 1, 1, "RFC 3463 section 3.4", "The mail system's storage is full."},
    {0, 3, 2, 2, "RFC 3463 section 3.4, RFC 7504",
     "The system takes no mail: for now because of maintenance or load, or never if it comes "
     "with 521."},
    {0, 3, 3, 3, "RFC 3463 section 3.4", "The system cannot do what this message asks for."},
    {0, 3, 4, 4, "RFC 3463 section 3.4", "The message is too big for the system."},
    {0, 3, 5, 5, "RFC 3463 section 3.4",
     "The system is set up wrongly. Often it found out that it would send the mail to itself."},
    {0, 3, 6, 6, "RFC 6710",
     "The message was taken with another priority than the one asked for. The text begins with "
     "the new one."},
    {0, 4, 0, 0, "RFC 3463 section 3.5", "It is about network or routing; the server does not say more."},
    {0, 4, 1, 1, "RFC 3463 section 3.5", "The next host did not answer."},
    {0, 4, 2, 2, "RFC 3463 section 3.5", "The connection broke off or was too poor for the message."},
    {0, 4, 3, 3, "RFC 3463 section 3.5", "A directory was needed to route the message and did not answer, mostly DNS."},
    {0, 4, 4, 4, "RFC 3463 section 3.5", "There is no route to the next host: DNS names none that can be used."},
    {0, 4, 5, 5, "RFC 3463 section 3.5", "The mail system is congested for the moment."},
    {0, 4, 6, 6, "RFC 3463 section 3.5", "The message is in a loop: it has passed too many hosts."},
    {0, 4, 7, 7, "RFC 3463 section 3.5", "The message grew too old, or its deadline for delivery passed."},
    {0, 5, 0, 0, "RFC 3463 section 3.6", "It is about the protocol; the server does not say more."},
    {0, 5, 1, 1, "RFC 3463 section 3.6", "The command came out of order or is not supported."},
    {0, 5, 2, 2, "RFC 3463 section 3.6", "The command could not be understood, or the line was too long."},
    {0, 5, 3, 3, "RFC 3463 section 3.6",
     "The message has more recipients than the server takes at once. The rest can be sent "
     "separately."},
    {0, 5, 4, 4, "RFC 3463 section 3.6", "The command is right, but its arguments are wrong or not supported."},
    {0, 5, 5, 5, "RFC 3463 section 3.6", "The two sides speak versions of the protocol that do not match."},
    {0, 5, 6, 6, "RFC 4954 section 6", "A line of the login was longer than the server can hold."},
    {0, 6, 0, 0, "RFC 3463 section 3.7", "It is about the content of the message; the server does not say more."},
    {0, 6, 1, 1, "RFC 3463 section 3.7", "The server or a later one cannot handle this kind of content."},
    {0, 6, 2, 2, "RFC 3463 section 3.7", "The content would have to be converted, but that is not allowed."},
    {0, 6, 3, 3, "RFC 3463 section 3.7", "The content would have to be converted, but the server is not able to."},
    {0, 6, 4, 4, "RFC 3463 section 3.7", "The content was converted, and something was lost by it."},
    {0, 6, 5, 5, "RFC 3463 section 3.7", "The conversion of the content was tried and failed."},
    {0, 6, 6, 6, "RFC 4468", "The content could not be fetched from the server that BURL named."},
    {0, 6, 7, 7, "RFC 6531, RFC 5336",
     "A non-ASCII address is not allowed for this sender or recipient. In RFC 5336 it "
     "means that a second address in ASCII is needed."},
    {0, 6, 8, 8, "RFC 6531", "The answer would need UTF-8, which the client has not allowed with SMTPUTF8."},
    {0, 6, 9, 9, "RFC 6531",
     "The header is in UTF-8, and a recipient's system cannot take that. This is found out after "
     "the message was sent."},
    {0, 6, 10, 10, "RFC 6531", "Withdrawn: a duplicate of X.6.8."},
    {0, 7, 0, 0, "RFC 3463 section 3.8", "It is about security or policy; the server does not say more."},
    {0, 7, 1, 1, "RFC 3463 section 3.8",
     "The sender is not allowed to do this: a rule against relaying or spam, or another policy. "
     "The most common of the policy details."},
    {0, 7, 2, 2, "RFC 3463 section 3.8", "The sender may not post to this mailing list."},
    {0, 7, 3, 3, "RFC 3463 section 3.8",
     "A protected message would have to be converted to another security system, which is not "
     "possible."},
    {0, 7, 4, 4, "RFC 3463 section 3.8", "A security feature is not supported, for example the login method."},
    {0, 7, 5, 5, "RFC 3463 section 3.8",
     "The server could not decrypt or check the message, because a key is missing or bad."},
    {0, 7, 6, 6, "RFC 3463 section 3.8", "The server does not know the cipher or signature of the message."},
    {0, 7, 7, 7, "RFC 3463 section 3.8", "The message was changed or damaged on its way."},
    {0, 7, 8, 8, "RFC 4954 section 6", "The login data are wrong."},
    {0, 7, 9, 9, "RFC 4954 section 6", "The login method is too weak for this user."},
    {0, 7, 10, 10, "RFC 5248, RFC 8689",
     "The connection has to be encrypted first. In a bounce it means that the TLS demanded by "
     "REQUIRETLS could not be had."},
    {0, 7, 11, 11, "RFC 4954 section 6", "This login method may be used only on an encrypted connection. Historic."},
    {0, 7, 12, 12, "RFC 4954 section 6", "The user's password has to be converted before this login method works."},
    {0, 7, 13, 13, "RFC 5248", "The account is disabled."},
    {0, 7, 14, 14, "RFC 5248",
     "The server lacks a trust relation with another server, mostly the IMAP server that BURL names."},
    {0, 7, 15, 15, "RFC 6710", "The priority is too low to be served at present."},
    {0, 7, 16, 16, "RFC 6710, RFC 4865",
     "The message is too big for its priority. In RFC 4865 it means "
     "that the user has too much mail waiting for later release."},
    {0, 7, 17, 17, "RFC 7293, RFC 4865",
     "The mailbox has changed its owner since the date given with RRVS. In RFC 4865 it "
     "means that the system has too much mail waiting for later release."},
    {0, 7, 18, 18, "RFC 7293", "The domain has changed its owner since the date given with RRVS."},
    {0, 7, 19, 19, "RFC 7293",
     "The RRVS check cannot be done: the server does not know since when the mailbox has had its "
     "owner."},
    {0, 7, 20, 20, "RFC 7372", "The message has no DKIM signature that passes."},
    {0, 7, 21, 21, "RFC 7372", "A DKIM signature passes, but not one of a signer that is accepted."},
    {0, 7, 22, 22, "RFC 7372", "A DKIM signature passes, but not one of the domain in the From field."},
    {0, 7, 23, 23, "RFC 7372", "The SPF check failed: this host may not send for the domain."},
    {0, 7, 24, 24, "RFC 7372", "The SPF check could not be done because of an error."},
    {0, 7, 25, 25, "RFC 7372", "The client's address has no reverse DNS name, or not one that leads back to it."},
    {0, 7, 26, 26, "RFC 7372", "More than one of the checks of the sender failed, such as SPF and DKIM."},
    {0, 7, 27, 27, "RFC 7505", "The sender's domain has a null MX, so no bounce could go back."},
    {0, 7, 28, 28, "draft-levine-mailbomb-header", "A flood of similar and abusive mail was noticed (mail bomb)."},
    {0, 7, 29, 29, "RFC 8617", "The ARC chain is not valid."},
    {0, 7, 30, 30, "RFC 8689", "The next server does not support REQUIRETLS, which this message demands."},
};

static const esmtp_enhanced_row_t vendors[] = {
    {0, 7, 27, 27, "Google", "Gmail: the SPF check did not pass."},
    {0, 7, 30, 30, "Google", "Gmail: no DKIM signature passed."},
    {0, 7, 32, 32, "Google", "Gmail: the domain in the From field is neither that of SPF nor that of DKIM."},
    {0, 7, 40, 40, "Google", "Gmail: the sender's domain has no usable DMARC record."},
    {4, 4, 316, 316, "Microsoft Exchange", "The server outside refused the connection."},
    {4, 7, 23, 23, "Google", "Gmail: the sending address has no matching reverse DNS entry (PTR)."},
    {4, 7, 26, 26, "Microsoft Exchange", "Mail that comes over IPv6 must pass SPF or DKIM."},
    {4, 7, 29, 29, "Google", "Gmail: the message did not come over TLS."},
    {4, 7, 31, 31, "Google", "Gmail: the sender's domain has no DMARC policy. Newer replies give X.7.40."},
    {4, 7, 500, 699, "Microsoft Exchange", "Sending is held back while suspicious activity is looked into."},
    {4, 7, 850, 899, "Microsoft Exchange",
     "The client's address is held back while suspicious activity is looked into."},
    {5, 0, 350, 350, "Microsoft Exchange", "The recipient's side reported a failure without details."},
    {5, 1, 8, 8, "Microsoft Exchange", "The sending account is blocked, mostly because it sent spam."},
    {5, 1, 10, 10, "Microsoft Exchange", "The recipient was not found in the directory."},
    {5, 2, 121, 121, "Microsoft Exchange",
     "This sender sends more in an hour than the recipient may get from one sender."},
    {5, 2, 122, 122, "Microsoft Exchange", "The recipient gets more mail in an hour than is allowed."},
    {5, 3, 190, 190, "Microsoft Exchange",
     "A journal message was refused, because the archive for them is switched off."},
    {5, 4, 1, 1, "Microsoft Exchange", "The organisation takes no mail for this address or domain: access denied."},
    {5, 4, 14, 14, "Microsoft Exchange", "Exchange noticed that the message is in a loop."},
    {5, 4, 300, 300, "Microsoft Exchange", "The message expired before it could be delivered."},
    {5, 6, 11, 11, "Microsoft Exchange",
     "The message holds bare line feeds, lines that end without a carriage return."},
    {5, 7, 3, 3, "Microsoft Exchange", "The login failed, or the client has not logged in."},
    {5, 7, 12, 12, "Microsoft Exchange", "The recipient takes mail from inside its own organisation only."},
    {5, 7, 57, 57, "Microsoft Exchange",
     "The client has to log in before MAIL. Microsoft's submission servers say so."},
    {5, 7, 64, 64, "Microsoft Exchange",
     "The tenant was not recognised: the settings of the connector no longer match."},
    {5, 7, 124, 124, "Microsoft Exchange", "The sender is not on the group's list of allowed senders."},
    {5, 7, 133, 133, "Microsoft Exchange", "The group takes mail from inside its organisation only."},
    {5, 7, 134, 134, "Microsoft Exchange", "The mailbox takes mail from inside its organisation only."},
    {5, 7, 135, 135, "Microsoft Exchange", "The public folder takes mail from inside its organisation only."},
    {5, 7, 136, 136, "Microsoft Exchange", "The mail user takes mail from inside the organisation only."},
    {5, 7, 501, 503, "Microsoft Exchange", "The sending account is banned for spam."},
    {5, 7, 504, 505, "Microsoft Exchange", "The recipient is not valid, or banned."},
    {5, 7, 506, 506, "Microsoft Exchange", "The client said hello with the server's own name."},
    {5, 7, 507, 507, "Microsoft Exchange", "The recipient's organisation blocks the client's address."},
    {5, 7, 508, 508, "Microsoft Exchange", "Too many messages come from this range of IPv6 addresses."},
    {5, 7, 509, 509, "Microsoft Exchange", "The sender's domain fails the DMARC check."},
    {5, 7, 510, 510, "Microsoft Exchange", "The recipient's domain takes no mail over IPv6."},
    {5, 7, 511, 511, "Microsoft Exchange", "The sender is banned."},
    {5, 7, 512, 512, "Microsoft Exchange", "The message has no valid From field."},
    {5, 7, 513, 513, "Microsoft Exchange", "The client's address is on the recipient's own block list."},
    {5, 7, 515, 515, "Microsoft Exchange",
     "The sender's domain does not pass SPF, DKIM and DMARC, which large senders need."},
    {5, 7, 520, 520, "Microsoft Exchange", "The organisation does not allow its users to forward mail to the outside."},
    {5, 7, 606, 649, "Microsoft Exchange", "The client's address is banned."},
    {5, 7, 700, 749, "Microsoft Exchange", "The tenant is blocked after suspicious traffic."},
    {5, 7, 750, 750, "Microsoft Exchange", "Mail was sent from domains that are not registered for the tenant."},
    {5, 7, 900, 999, "Microsoft Exchange", "A mail-flow rule of the recipient's administrator refused the message."},
};

typedef struct {
    uint16_t class_, subject, detail;
} esmtp_enhanced_key_t;

/* Compares a code with the range of a row. For bsearch(). */
static int compare_enhanced(const void *key, const void *row)
{
    const esmtp_enhanced_key_t *k = (const esmtp_enhanced_key_t *)key;
    const esmtp_enhanced_row_t *r = (const esmtp_enhanced_row_t *)row;

    if (k->class_ != r->class_) {
        return k->class_ - r->class_;
    }
    if (k->subject != r->subject) {
        return k->subject - r->subject;
    }
    if (k->detail < r->detail) {
        return -1;
    }
    return k->detail > r->detail_to ? 1 : 0;
}

/* The row for a code in one of the tables: that of its class, else that of any class. */
static const esmtp_enhanced_row_t *find_enhanced(const esmtp_enhanced_row_t *rows, size_t n, uint16_t class_,
                                                 uint16_t subject, uint16_t detail)
{
    esmtp_enhanced_key_t key = {class_, subject, detail};
    const esmtp_enhanced_row_t *row;

    if (!esmtp_enhanced_class_name(class_)) {
        return NULL;
    }
    row = (const esmtp_enhanced_row_t *)bsearch(&key, rows, n, sizeof rows[0], compare_enhanced);
    if (row) {
        return row;
    }
    key.class_ = 0;
    return (const esmtp_enhanced_row_t *)bsearch(&key, rows, n, sizeof rows[0], compare_enhanced);
}

const esmtp_enhanced_row_t *esmtp_enhanced_find(uint16_t class_, uint16_t subject, uint16_t detail)
{
    return find_enhanced(registry, G_N_ELEMENTS(registry), class_, subject, detail);
}

const esmtp_enhanced_row_t *esmtp_enhanced_vendor_find(uint16_t class_, uint16_t subject, uint16_t detail)
{
    return find_enhanced(vendors, G_N_ELEMENTS(vendors), class_, subject, detail);
}

const char *esmtp_enhanced_class_name(uint16_t class_)
{
    switch (class_) {
    case 2: return "success";
    case 4: return "persistent transient failure";
    case 5: return "permanent failure";
    default: return NULL;
    }
}

const char *esmtp_enhanced_subject_name(uint16_t subject)
{
    static const char *const names[] = {
        "other or undefined", "addressing",          "mailbox",
        "mail system",        "network and routing", "mail delivery protocol",
        "message content",    "security or policy",
    };

    return subject < G_N_ELEMENTS(names) ? names[subject] : NULL;
}

const esmtp_enhanced_row_t *esmtp_enhanced_rows(size_t *n)
{
    *n = G_N_ELEMENTS(registry);
    return registry;
}

const esmtp_enhanced_row_t *esmtp_enhanced_vendor_rows(size_t *n)
{
    *n = G_N_ELEMENTS(vendors);
    return vendors;
}
