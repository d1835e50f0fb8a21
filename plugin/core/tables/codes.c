/* codes.c
 * The reply codes and what they mean whatever they answer. Columns: code, name, reference,
 * explanation. Sorted by code. Codes that the standard does not know are there as well, and say so.
 * What a code means after a certain command is in contexts.c.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_code_row_t codes[] = {
    {50, "Progress of verbose mode", "Sendmail",
     "A progress line of Sendmail's verbose mode. It stands between the replies and is none "
     "itself."},
    {200, "Done (not a standard number)", "No standard",
     "The command succeeded. No standard knows the number; a few old servers send it where 250 "
     "is meant."},
    {211, "System status, or system help reply", "RFC 5321 section 4.2.3",
     "The text tells the state of the server or gives an overview of its help."},
    {214, "Help message", "RFC 5321 section 4.2.3", "The text is help, written for a person."},
    {220, "<domain> Service ready", "RFC 5321 section 4.2.3", "The server is ready for what comes next."},
    {221, "<domain> Service closing transmission channel", "RFC 5321 section 4.2.3",
     "The server closes the connection. If nobody asked for that with QUIT, it has had enough of "
     "this client."},
    {235, "Authentication successful", "RFC 4954 section 6",
     "The login succeeded. What follows happens in the name of that user."},
    {250, "Requested mail action okay, completed", "RFC 5321 section 4.2.3", "The command was carried out."},
    {251, "User not local; will forward to <forward-path>", "RFC 5321 section 4.2.3, RFC 1985",
     "The user is elsewhere, and the server passes the mail on by itself."},
    {252, "Cannot VRFY user, but will accept message and attempt delivery", "RFC 5321 section 4.2.3, RFC 1985",
     "The server does not say whether the user exists, but would take a message and try."},
    {253, "Pending messages for node started", "RFC 1985",
     "The server has begun to send the mail that waits for the host. The text tells the number "
     "of messages."},
    {334, "AUTH input", "RFC 4954 section 4", "The login goes on. The text is the server's challenge in base64."},
    {353, "Per-recipient replies follow", "draft-hall-prdr-00, Exim",
     "The message has arrived, and the server has a verdict of its own on each recipient. One "
     "reply for each follows, then one for the message as a whole."},
    {354, "Start mail input; end with <CRLF>.<CRLF>", "RFC 5321 section 4.2.3",
     "The server waits for what the command announced. What comes now is content and not "
     "commands."},
    {355, "Octet-offset is the transaction offset", "RFC 1845",
     "The server still holds the beginning of this message from a broken connection. The number "
     "that begins the text says at which octet to continue."},
    {400, "Temporary failure (not a standard number)", "Courier",
     "Something does not work for the moment, or Courier wants STARTTLS first. No standard knows "
     "the number."},
    {420, "Timeout on the way (not a standard number)", "Lists on the web",
     "Said to mean that the connection to the recipient's server timed out. Known from lists "
     "only."},
    {421, "<domain> Service not available, closing transmission channel", "RFC 5321 section 4.2.3",
     "The server cannot serve this client for now and closes the connection. Reasons are shutdown, "
     "overload, a timeout, or too many connections or messages."},
    {422, "Password transition needed", "RFC 5248",
     "The user's password must be changed or set anew before this login method works. Lists on "
     "the web give it for a full mailbox instead."},
    {430, "Command not possible now", "RFC 5248, Cyrus IMAP",
     "The command cannot be carried out at this moment. Cyrus says so over LMTP when a login is "
     "needed first."},
    {431, "No space or memory (not a standard number)", "Lists on the web",
     "Said to mean that the receiving side is short of disk space or memory. No server is known "
     "to send it."},
    {432, "A password transition is needed", "RFC 4954 section 6, RFC 5248",
     "The user's password has to be converted before this login method works. Exchange Online "
     "sends 432 4.3.2 for a recipient who gets too much at once, Courier for a passing fault."},
    {440, "TLS cannot be started for now", "Courier",
     "TLS is required for this recipient, and it could not be started just now. Courier's own "
     "number."},
    {441, "Recipient's server is silent (not a standard number)", "Lists on the web",
     "Said to mean that the recipient's server does not answer. It stands in lists on the web "
     "without a source."},
    {442, "Connection dropped (not a standard number)", "Lists on the web",
     "Said to mean that the connection broke during the transfer. The number has no known source."},
    {446, "Too many hops (not a standard number)", "Lists on the web",
     "Said to mean that the message passed too many servers and probably runs in a circle. "
     "Unconfirmed."},
    {447, "Delivery timed out (not a standard number)", "Lists on the web",
     "Said to mean that the message grew too old on its way. Unconfirmed; seen only in lists."},
    {449, "Routing error (not a standard number)", "Lists on the web",
     "Said to mean that no way to the recipient was found. Its source is unknown."},
    {450, "Requested mail action not taken: mailbox unavailable", "RFC 5321 section 4.2.3, RFC 2645",
     "The mailbox cannot be used right now. It is busy, or a policy such as greylisting wants the "
     "client to come back later."},
    {451, "Requested action aborted: local error in processing", "RFC 5321 section 4.2.3, RFC 2645, RFC 4468",
     "The server met a fault of its own, often with DNS or a filter, or it uses greylisting. The "
     "same command may work later."},
    {452, "Requested action not taken: insufficient system storage", "RFC 5321 section 4.2.3, RFC 1870",
     "The server is short of space, or the message has too many recipients for one go."},
    {453, "You have no mail", "RFC 2645, RFC 5248",
     "In answer to ATRN no mail waits for the given domains. Elsewhere the system takes no mail "
     "at the moment."},
    {454, "Temporary authentication failed", "RFC 3207 section 4, RFC 4954 section 6",
     "A security service does not work just now: TLS or the check of logins. A few servers also "
     "refuse to relay with it."},
    {455, "Server unable to accommodate parameters", "RFC 5321 section 4.2.3",
     "The server knows the parameters but cannot do what they ask for at the moment."},
    {458, "Unable to queue messages for node", "RFC 1985",
     "The server cannot start to send the mail that waits for the host."},
    {459, "Node not allowed", "RFC 1985",
     "The server does not start the queue of this host for this client. The text says why."},
    {471, "Filter trouble at the sender (not a standard number)", "Lists on the web",
     "Said to mean a fault on the sending side, often of a spam filter. No source is known."},
    {500, "Syntax error, command unrecognized", "RFC 5321 section 4.2.3, RFC 4954 section 6",
     "The server does not know the command, or the line was too long."},
    {501, "Syntax error in parameters or arguments", "RFC 5321 section 4.2.3, RFC 4954 section 4",
     "The server knows the command but cannot read its argument."},
    {502, "Command not implemented", "RFC 5321 section 4.2.3",
     "The server knows the command but does not offer it, often because it was switched off."},
    {503, "Bad sequence of commands", "RFC 5321 section 4.2.3",
     "The command comes at the wrong time; another one has to come first, or it was given "
     "already."},
    {504, "Command parameter not implemented", "RFC 5321 section 4.2.3, RFC 4954 section 4, RFC 4141",
     "The server understands the parameter but does not support it."},
    {510, "Bad address (not a standard number)", "Lists on the web",
     "Said to mean that an address is wrong. Lists on the web name it beside 511."},
    {511, "Bad recipient address (not a standard number)", "Lists on the web",
     "Said to mean that the recipient's address is wrong. No standard and no server is known for "
     "it."},
    {512, "Domain not found (not a standard number)", "Lists on the web",
     "Said to mean that DNS does not know the recipient's domain. Where the number comes from is "
     "unknown."},
    {513, "Bad address type (not a standard number)", "Lists on the web",
     "Said to mean that the kind of address is not right. Nothing confirms it."},
    {515, "Invalid recipient address (not a standard number)", "Lists on the web",
     "Said to mean that the recipient's address is not valid. Nothing but lists on the web "
     "confirms it."},
    {517, "Sender rejected (not a standard number)", "Lists on the web",
     "Said to mean a fault in the sender's address or the header. Nobody is known to send it."},
    {521, "Host does not accept mail", "RFC 7504, RFC 1846",
     "This host takes no mail at all. Some servers also say it when they refuse a client and "
     "hang up, Postfix after a broken BDAT."},
    {523, "Encryption needed", "RFC 5248",
     "The connection must be encrypted before this login may be used. Lists on the web give it "
     "for a message too large for the recipient."},
    {524, "Encryption required for requested mechanism", "RFC 5248",
     "This login method is allowed only over an encrypted connection. The usual number for it is "
     "538."},
    {525, "User account disabled", "RFC 5248", "Name and password were right, but the account has been switched off."},
    {530, "Authentication required", "RFC 4954 section 6, RFC 3207 section 4",
     "The server wants a login first, or STARTTLS first. The text says which."},
    {533, "Not authorized to send to this destination", "RFC 5248",
     "The sender has no right to send to this recipient."},
    {534, "Authentication mechanism is too weak", "RFC 4954 section 6",
     "The server's policy wants a stronger login method for this user. Courier sends it for a "
     "message that is too big."},
    {535, "Authentication credentials invalid", "RFC 4954 section 6",
     "The login failed: user name, password or token is wrong, or the account may not use this "
     "service."},
    {538, "Encryption required for requested authentication mechanism", "RFC 4954 section 6",
     "This login method shows the password, so the server allows it only inside TLS. The number "
     "is historic."},
    {540, "TLS not available", "Courier", "TLS is required and can never be had here. Courier's own number."},
    {541, "Rejected by a filter (not a standard number)", "Lists on the web",
     "Said to mean that the recipient's spam filter refused the message. No document confirms "
     "the number."},
    {550, "Requested action not taken: mailbox unavailable", "RFC 5321 section 4.2.3, RFC 6409",
     "Refused for good: no such mailbox, no right to use it, or a policy. Policies are against spam, "
     "relaying or forged senders."},
    {551, "User not local; please try <forward-path>", "RFC 5321 section 4.2.3",
     "The user is not here. The text may name another address; Postfix says it when it threw "
     "data away after an error."},
    {552, "Requested mail action aborted: exceeded storage allocation",
     "RFC 5321 sections 4.2.3 and 4.5.3.1.10, RFC 1870",
     "The message is too big, or the mailbox is full. Very old servers say it for too many "
     "recipients."},
    {553, "Requested action not taken: mailbox name not allowed", "RFC 5321 section 4.2.3, RFC 6531",
     "The address is not allowed: it is malformed, has non-ASCII characters, or is not "
     "this user's own."},
    {554, "Transaction failed", "RFC 5321 section 4.2.3, RFC 3207 section 4, RFC 4468",
     "The server refuses for good, mostly for reasons of policy or content. The text often tells "
     "more."},
    {555, "MAIL FROM/RCPT TO parameters not recognized or not implemented", "RFC 5321 section 4.2.3",
     "The server does not know a parameter of MAIL or RCPT, or does not support it."},
    {556, "Domain does not accept mail", "RFC 7504, RFC 7505",
     "The recipient's domain says in DNS that it takes no mail at all (null MX)."},
    {557, "Access denied (not a standard number)", "Seen in the wild",
     "Seen from servers that deny access by policy. The number is in no standard."},
    {558, "Separate replies for each recipient", "draft-varshavchik-exdata-smtpext, Courier",
     "The lines of this reply each hold an ordinary reply, one for each recipient. Some may have "
     "been accepted."},
    {571, "Blocked by a filter (not a standard number)", "Seen in the wild",
     "Seen from servers whose spam filter or policy blocks the message. It is a number of theirs "
     "alone."},
};

/* Compares a code with a row. For bsearch(). */
static int compare_code(const void *key, const void *row)
{
    return *(const uint16_t *)key - ((const esmtp_code_row_t *)row)->code;
}

const esmtp_code_row_t *esmtp_code_find(uint16_t code)
{
    return (const esmtp_code_row_t *)bsearch(&code, codes, G_N_ELEMENTS(codes), sizeof codes[0], compare_code);
}

const char *esmtp_code_class_name(unsigned first_digit)
{
    switch (first_digit) {
    case 2: return "success";
    case 3: return "more input wanted";
    case 4: return "transient failure";
    case 5: return "permanent failure";
    default: return "not used in SMTP";
    }
}

const esmtp_code_row_t *esmtp_code_rows(size_t *n)
{
    *n = G_N_ELEMENTS(codes);
    return codes;
}
