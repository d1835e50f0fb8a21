/* verbs.c
 * The verbs. Columns: verb, id, role in the transaction, payload, flags, codes of success, codes
 * that ask for more, syntax, reference, explanation. Sorted by verb. The session acts on the first
 * seven columns: a code that is missing there makes a reply look like one that answers nothing.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

/* Else each cell would get a line of its own. */
/* clang-format off */
static const esmtp_verb_row_t verbs[] = {
    {"*", ESMTP_VERB_CANCEL, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PSEUDO, {0}, {0},
     "*", "RFC 4954 section 4",
     "A lone asterisk in answer to a 334 gives up the login that is under way. The server "
     "confirms with 501."},
    {".", ESMTP_VERB_EOM, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, ESMTP_VF_PSEUDO, {250}, {353},
     ".", "RFC 5321 section 4.1.1.4, RFC 2033 section 4.2",
     "A line with nothing but a dot ends the message. The reply that follows is the verdict on "
     "the message as a whole, in LMTP one reply for each accepted recipient."},
    {"ATRN", ESMTP_VERB_ATRN, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_SWAP, {250}, {0},
     "ATRN [domain *(,domain)]", "RFC 2645",
     "Asks, after a login, for the mail that waits for the given domains. On a 250 the roles "
     "swap, and the side that was the client sends a 220 greeting."},
    {"AUTH", ESMTP_VERB_AUTH, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_AUTH, {235}, {334},
     "AUTH mechanism [base64 / =]", "RFC 4954 section 4",
     "Begins a login with the named SASL mechanism, maybe with its first data on the same line. "
     "Until a 235 or an error the client's lines are bare base64."},
    {"BDAT", ESMTP_VERB_BDAT, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_CHUNK, 0, {250}, {353},
     "BDAT chunk-size [LAST]", "RFC 3030 section 2, RFC 2033 section 4.3",
     "Sends one piece of the message as a counted number of octets (bytes), so that no end mark is "
     "needed. LAST marks the final piece, which may be empty."},
    {"BURL", ESMTP_VERB_BURL, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, ESMTP_VF_SECRET, {250}, {0},
     "BURL absolute-URI [LAST]", "RFC 4468",
     "Has the server fetch the message, or a part of it, from an IMAP server instead of sending "
     "it. The URL usually holds an access token and so deserves care."},
    {"CLIENTID", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_SECRET, {250}, {0},
     "CLIENTID type token", "draft-storey-smtp-client-id",
     "Identifies the device before the login, as a second proof besides the password. The token "
     "stays the same and should be treated as a secret."},
    {"CONNECT", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_NOT_SMTP, {221}, {0},
     "CONNECT host:port version", "HTTP",
     "Not SMTP: somebody tests whether this is a web proxy that connects to other hosts."},
    {"DATA", ESMTP_VERB_DATA, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_TEXT, ESMTP_VF_NO_ARG, {0}, {354},
     "DATA", "RFC 5321 section 4.1.1.4, RFC 2033 section 4.2",
     "Asks to send the message. After a 354 everything up to a line with a lone dot is message "
     "and not commands; a dot that begins a line is doubled on the way."},
    {"DEBUG", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PROBE, {200}, {0},
     "DEBUG", "Sendmail, 4.2BSD",
     "A debugging command that let anybody run programs on the server, as the worm of 1988 did. "
     "Whoever sends it today is looking for holes."},
    {"EHLO", ESMTP_VERB_EHLO, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_HELLO, {250}, {0},
     "EHLO (domain / address-literal)", "RFC 5321 section 4.1.1.1",
     "The client names itself and asks which extensions the server has. The first reply line "
     "names the server, each further line is one extension."},
    {"EMAL", ESMTP_VERB_OTHER, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "EMAL FROM:<reverse-path>", "IDS rules",
     "Believed to be an 8-bit form of MAIL from a draft before ESMTP. Only lists of intrusion "
     "detection systems name it."},
    {"ESAM", ESMTP_VERB_OTHER, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "ESAM FROM:<reverse-path>", "IDS rules",
     "Believed to be an 8-bit form of SAML from a draft before ESMTP. Real clients do not send "
     "it."},
    {"ESND", ESMTP_VERB_OTHER, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "ESND FROM:<reverse-path>", "IDS rules",
     "Believed to be an 8-bit form of SEND from a draft before ESMTP. It is not seen in practice."},
    {"ESOM", ESMTP_VERB_OTHER, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "ESOM FROM:<reverse-path>", "IDS rules",
     "Believed to be an 8-bit form of SOML from a draft before ESMTP. It is not seen in "
     "practice."},
    {"ETRN", ESMTP_VERB_ETRN, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250, 251, 252, 253}, {0},
     "ETRN [@ / #]node-name", "RFC 1985",
     "Asks the server to start sending the mail that it holds for a host. A leading @ means all "
     "hosts below the name, a leading # means a queue of that name; the mail comes over new "
     "connections."},
    {"EVFY", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "EVFY string", "IDS rules",
     "Believed to be an 8-bit form of VRFY from a draft before ESMTP. Whoever sends it probes "
     "the server."},
    {"EXPN", ESMTP_VERB_EXPN, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250, 252}, {0},
     "EXPN string [SMTPUTF8]", "RFC 5321 section 4.1.1.7, RFC 6531",
     "Asks for the members of a mailing list or alias. Most servers refuse, as it hands out "
     "addresses."},
    {"GET", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_NOT_SMTP, {221}, {0},
     "GET uri version", "HTTP",
     "Not SMTP: a web browser or scanner asks a mail server for a page. Postfix hangs up on it "
     "with a 221."},
    {"HELO", ESMTP_VERB_HELO, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "HELO domain", "RFC 5321 section 4.1.1.1",
     "The client names itself the old way, without asking for extensions. Simple devices and "
     "scanners use it, and clients whose EHLO was refused."},
    {"HELP", ESMTP_VERB_HELP, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {211, 214, 250}, {0},
     "HELP [string]", "RFC 5321 section 4.1.1.8",
     "Asks for help meant for a person. The answer may tell the name and version of the server's "
     "software."},
    {"IDENT", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "IDENT [string]", "IDS rules",
     "Listed by intrusion detection systems without a source. What it asks for is not known."},
    {"LHLO", ESMTP_VERB_LHLO, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_HELLO, {250}, {0},
     "LHLO (domain / address-literal)", "RFC 2033 section 4.1",
     "The hello of LMTP, the sibling of SMTP for the last step into a mailbox. An LMTP server "
     "knows neither HELO nor EHLO, so this verb tells which of the two protocols is spoken."},
    {"MAIL", ESMTP_VERB_MAIL, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {355},
     "MAIL FROM:<reverse-path> [mail-parameters]", "RFC 5321 section 4.1.1.2",
     "Begins a mail transaction and gives the address that bounces go to (the reverse-path). An "
     "empty address, <>, marks bounces and other reports, which must not be answered by a bounce."},
    {"NOOP", ESMTP_VERB_NOOP, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "NOOP [string]", "RFC 5321 section 4.1.1.9",
     "Asks for nothing but an answer. Clients use it to keep a connection open or to test it."},
    {"ONEX", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "ONEX", "Sendmail",
     "The client promises to send no more than one message. Old Sendmail saved work by it; the "
     "verb is gone today."},
    {"POST", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_NOT_SMTP, {221}, {0},
     "POST uri version", "HTTP",
     "Not SMTP: a web form sent to a mail port. Attackers do so to make somebody's browser speak "
     "SMTP."},
    {"QUEU", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "QUEU [DATE]", "IBM VM/MVS SMTP",
     "Asks an IBM mainframe's server to show its mail queue."},
    {"QUIT", ESMTP_VERB_QUIT, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_NO_ARG, {221}, {0},
     "QUIT", "RFC 5321 section 4.1.1.10",
     "Ends the session politely. The client waits for the reply and then both sides close."},
    {"RCPT", ESMTP_VERB_RCPT, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, ESMTP_VF_TO, {250, 251}, {0},
     "RCPT TO:<forward-path> [rcpt-parameters]", "RFC 5321 section 4.1.1.3",
     "Adds one recipient to the message (the forward-path). It is sent once for each recipient, and "
     "each gets an answer of its own."},
    {"RSET", ESMTP_VERB_RSET, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_NO_ARG, {250}, {0},
     "RSET", "RFC 5321 section 4.1.1.5",
     "Drops the message that is under way with its sender and recipients. The session goes on as "
     "it was after the hello."},
    {"SAML", ESMTP_VERB_SAML, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "SAML FROM:<reverse-path>", "RFC 821",
     "Send and mail: begins a message for the user's terminal and the mailbox alike. It left the "
     "standard in 2001."},
    {"SCHK", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250, 251, 252}, {0},
     "SCHK *(FROMADDR=xtext)", "Cyrus IMAP",
     "Asks whether this user may send from the given addresses, without sending a message. Cyrus "
     "uses it towards the submission server of Fastmail."},
    {"SEND", ESMTP_VERB_SEND, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "SEND FROM:<reverse-path>", "RFC 821",
     "Begins a message as MAIL does, but one to be shown on the user's terminal. It left the "
     "standard in 2001."},
    {"SHOWQ", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PROBE, {0}, {0},
     "SHOWQ", "Sendmail",
     "An old debugging command that listed the queue. Sendmail only logs who tries it, and today "
     "that is a scanner."},
    {"SOML", ESMTP_VERB_SOML, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "SOML FROM:<reverse-path>", "RFC 821",
     "Send or mail: begins a message for the user's terminal, or else for the mailbox. It left the "
     "standard in 2001."},
    {"STARTTLS", ESMTP_VERB_STARTTLS, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE,
     ESMTP_VF_TLS | ESMTP_VF_NO_ARG, {220}, {0},
     "STARTTLS", "RFC 3207 section 4",
     "Asks to continue inside TLS. After a 220 the next octets belong to the TLS handshake; "
     "plaintext commands sent along are an injection attack, or a faulty client."},
    {"STATUS", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {211}, {0},
     "STATUS (POOL / QUEUE) action [file]", "Haraka",
     "Administers a Haraka server from the same machine: its pools and its queues. Queued mail can "
     "be discarded or pushed; the answer is JSON."},
    {"TICK", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "TICK identifier", "IBM VM/MVS SMTP",
     "Marks a place in a batch of SMTP commands, so that the report can name it. Known from IBM "
     "mainframes; no public text confirms the details."},
    {"TIME", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "TIME", "IDS rules",
     "A verb of unknown origin that stands in lists of intrusion detection systems. Its meaning "
     "is not documented."},
    {"TRACE", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "TRACE trace-id", "Cyrus IMAP",
     "Gives the session an identifier that both sides write to their logs. The reply repeats it "
     "beside the server's own session identifier."},
    {"TURN", ESMTP_VERB_TURN, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_SWAP | ESMTP_VF_NO_ARG,
     {250}, {0},
     "TURN", "RFC 821",
     "Asks to swap roles: after a 250 the server sends its queued mail to the client on this "
     "connection. Nobody proves who they are, so servers refuse it today."},
    {"TURNME", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "TURNME domain", "IDS rules",
     "Seems to be a private relative of TURN and ETRN for dial-up sites. No document confirms it."},
    {"VERB", ESMTP_VERB_VERB, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "VERB", "Sendmail",
     "Switches Sendmail to verbose mode. From then on progress lines with the code 050 stand "
     "between the replies."},
    {"VRFY", ESMTP_VERB_VRFY, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250, 251, 252}, {0},
     "VRFY string [SMTPUTF8]", "RFC 5321 section 4.1.1.6, RFC 6531",
     "Asks whether a user or mailbox exists. Many such questions in a row may be somebody collecting "
     "addresses."},
    {"WELLKNOWN", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "WELLKNOWN request-key", "Exim",
     "Reads a small public file of the site, such as security.txt, over SMTP. The content comes "
     "back as xtext in a reply of several lines."},
    {"WIZ", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_PROBE, {0}, {0},
     "WIZ", "Sendmail",
     "The wizard's back door of Sendmail in the 1980s, which opened a shell. Today it is a "
     "scanner's probe and gets logged."},
    {"X-ADAT", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "X-ADAT data", "IDS rules",
     "A private verb without a known vendor or meaning. It is named in lists of intrusion "
     "detection systems."},
    {"X-ANONYMOUSTLS", ESMTP_VERB_X_ANONYMOUSTLS, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE,
     ESMTP_VF_TLS | ESMTP_VF_NO_ARG, {220}, {0},
     "X-ANONYMOUSTLS", "Microsoft Exchange",
     "Starts TLS between two Exchange servers of one organisation without checking certificates. "
     "After a 220 the TLS handshake follows, and inside it an X-EXPS login."},
    {"X-DRCP", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "X-DRCP data", "IDS rules",
     "A private verb named beside X-ERCP in lists of intrusion detection systems. Vendor and "
     "meaning are unknown."},
    {"X-ERCP", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "X-ERCP data", "IDS rules",
     "A private verb named beside X-DRCP in lists of intrusion detection systems. Neither vendor "
     "nor meaning is known."},
    {"X-EXCH50", ESMTP_VERB_XEXCH50, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_BLOB, 0, {250}, {354},
     "X-EXCH50 size number", "IDS rules",
     "A spelling of XEXCH50 that stands in lists of intrusion detection systems. No real sender "
     "of it is known."},
    {"X-EXPS", ESMTP_VERB_X_EXPS, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_AUTH, {235}, {334},
     "X-EXPS mechanism [base64]", "Microsoft Exchange",
     "The login of one Exchange server at another. It runs like AUTH, mostly with GSSAPI or NTLM."},
    {"X-LINK2STATE", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {200, 250}, {0},
     "X-LINK2STATE [FIRST / NEXT / LAST] CHUNK=data", "Microsoft Exchange",
     "Exchange 2000 and 2003 pass their routing tables with it, piece by piece. A long chunk "
     "that no FIRST came before is the attack of MS05-021."},
    {"XACK", ESMTP_VERB_XACK, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XACK (ON / OFF)", "PowerMTA",
     "Switches the replies to RCPT and XDFN on or off. While they are off a bulk sender need not "
     "wait for them."},
    {"XADR", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XADR [arguments]", "Oracle Messaging Server, PMDF",
     "Asks how the server would route an address. The answer shows the server's configuration, "
     "so it is normally switched off and refused with 550 5.7.0."},
    {"XAUTH", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, ESMTP_VF_SECRET, {250}, {0},
     "XAUTH data", "IDS rules",
     "A private login verb of older servers. Its data may be a name or a password, so it is "
     "treated as a secret."},
    {"XCIR", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XCIR [circuit]", "Oracle Messaging Server, PMDF",
     "Asks for the results of the loop-back test that watches a mail circuit. Normally switched "
     "off; the arguments are an assumption."},
    {"XCLIENT", ESMTP_VERB_XCLIENT, ESMTP_TXN_ABORT, ESMTP_PAYLOAD_NONE, ESMTP_VF_RESTART, {220},
     {0},
     "XCLIENT 1*(attribute=xtext)", "Postfix, Dovecot, Exim, nginx",
     "A trusted proxy tells the server who the client really is. After a 220 the session starts "
     "over, and the server acts as if that client had connected."},
    {"XDFN", ESMTP_VERB_XDFN, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XDFN 1*(name=value)", "PowerMTA",
     "Sets the merge variables for the recipients that follow. After XACK OFF the server sends "
     "no reply to it."},
    {"XDUMPCONTEXT", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XDUMPCONTEXT", "Momentum",
     "Has Momentum print its variables for connection and message, for debugging. The form of "
     "the answer is not documented in public."},
    {"XEXCH50", ESMTP_VERB_XEXCH50, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_BLOB, 0, {250}, {354},
     "XEXCH50 size number", "Microsoft Exchange",
     "Sends a block of message properties in Exchange's own binary form after a 354. The first "
     "number is its size in octets; the second seems to be the number of recipients plus one."},
    {"XFORWARD", ESMTP_VERB_XFORWARD, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XFORWARD 1*(attribute=xtext)", "Postfix",
     "A content filter passes on what is known about the original client. It is for the logs of the "
     "next message only; access rules do not look at it."},
    {"XGEN", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XGEN", "Oracle Messaging Server, PMDF",
     "Asks whether the server runs on a compiled configuration. Normally switched off."},
    {"XLICENSE", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XLICENSE", "IDS rules",
     "A private verb that seems to ask for the server's licence. No vendor claims it."},
    {"XMRG", ESMTP_VERB_XMRG, ESMTP_TXN_BEGIN, ESMTP_PAYLOAD_NONE, ESMTP_VF_FROM, {250}, {0},
     "XMRG FROM:<reverse-path> [mail-parameters]", "PowerMTA",
     "Begins a mail-merge job in place of MAIL: one template, filled in for each recipient by "
     "the server."},
    {"XPROXY", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XPROXY SID=hex IP=address PORT=number DOMAIN=name CAPABILITIES=number [SECID=base64]",
     "Microsoft Exchange",
     "An Exchange front-end server hands the session of a logged-in client to a back-end server. "
     "Known from logs; not documented by Microsoft."},
    {"XPROXYFROM", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XPROXYFROM SID=hex IP=address PORT=number DOMAIN=name SEQNUM=number PERMS=number "
     "AUTHSRC=word",
     "Microsoft Exchange",
     "An Exchange front-end server tells the next one who the client outside is. It names address, "
     "port, hello name and rights; known from logs only."},
    {"XPROXYTO", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XPROXYTO DESTINATIONS=hosts PORT=number SESSIONID=id ...", "Microsoft Exchange",
     "An Exchange back-end server asks the front-end to connect to the outside host in its "
     "place. Not documented by Microsoft."},
    {"XPRT", ESMTP_VERB_XPRT, ESMTP_TXN_MEMBER, ESMTP_PAYLOAD_TEXT, 0, {0}, {354},
     "XPRT part-number [LAST]", "PowerMTA",
     "Sends one part of a mail-merge template in place of DATA. LAST marks the final part."},
    {"XQDISCARD", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250, 251}, {0},
     "XQDISCARD number", "Microsoft Exchange",
     "An Exchange server asks which of the safety copies that it keeps can be thrown away. The "
     "number is the most that the reply may list; a 251 means none."},
    {"XQUE", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XQUE", "IDS rules",
     "A private verb that seems to concern the queue. Its vendor is not known."},
    {"XREMOTEIP", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XREMOTEIP ip-address", "Momentum",
     "A trusted feeder tells Momentum the address that the mail really came from. Syntax and "
     "replies are not documented in public."},
    {"XSESSIONPARAMS", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XSESSIONPARAMS 1*(name=value)", "Microsoft Exchange",
     "Sets options of the session between two transport services of Exchange, such as the "
     "mailbox database. Not documented by Microsoft; seen in logs."},
    {"XSETCONTEXT", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XSETCONTEXT name=value", "Momentum",
     "Sets a variable that Momentum's policy scripts read for this message. Syntax and replies "
     "are an assumption."},
    {"XSHADOW", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XSHADOW context", "Microsoft Exchange",
     "Tells the other Exchange server who keeps safety copies of the messages that follow. "
     "Syntax and replies are undocumented."},
    {"XSHADOWREQUEST", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XSHADOWREQUEST context", "Microsoft Exchange",
     "Asks another Exchange server to keep a safety copy of the next message. Syntax and replies "
     "are known from logs only."},
    {"XSTA", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XSTA", "Oracle Messaging Server, PMDF",
     "Asks how many messages wait in the server's queues. Normally switched off."},
    {"XTRN", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XTRN [domain]", "IDS rules",
     "A private verb that seems to ask for waiting mail, as ETRN does. The vendor is not known."},
    {"XUSR", ESMTP_VERB_OTHER, ESMTP_TXN_NONE, ESMTP_PAYLOAD_NONE, 0, {250}, {0},
     "XUSR", "Sendmail",
     "Tells old Sendmail that the message comes fresh from a user, so that its header may be "
     "completed. Submission on port 587 took its place."},
};
/* clang-format on */

const esmtp_verb_row_t *esmtp_verb_find(esmtp_span_t verb)
{
    static esmtp_index_t index;
    const esmtp_verb_row_t *row =
        (const esmtp_verb_row_t *)esmtp_index_find(&index, verbs, G_N_ELEMENTS(verbs), sizeof verbs[0], verb);

    G_STATIC_ASSERT(G_N_ELEMENTS(verbs) <= UINT8_MAX); /* as the index wants it, and esmtp_fact_t.verb */
    return row && !(row->flags & ESMTP_VF_PSEUDO) ? row : NULL;
}

const esmtp_verb_row_t *esmtp_verb_by_id(esmtp_verb_t id)
{
    static const char *const names[] = {
        [ESMTP_VERB_EHLO] = "EHLO",
        [ESMTP_VERB_HELO] = "HELO",
        [ESMTP_VERB_LHLO] = "LHLO",
        [ESMTP_VERB_MAIL] = "MAIL",
        [ESMTP_VERB_RCPT] = "RCPT",
        [ESMTP_VERB_DATA] = "DATA",
        [ESMTP_VERB_EOM] = ".",
        [ESMTP_VERB_BDAT] = "BDAT",
        [ESMTP_VERB_BURL] = "BURL",
        [ESMTP_VERB_RSET] = "RSET",
        [ESMTP_VERB_NOOP] = "NOOP",
        [ESMTP_VERB_QUIT] = "QUIT",
        [ESMTP_VERB_VRFY] = "VRFY",
        [ESMTP_VERB_EXPN] = "EXPN",
        [ESMTP_VERB_HELP] = "HELP",
        [ESMTP_VERB_ETRN] = "ETRN",
        [ESMTP_VERB_ATRN] = "ATRN",
        [ESMTP_VERB_TURN] = "TURN",
        [ESMTP_VERB_AUTH] = "AUTH",
        [ESMTP_VERB_CANCEL] = "*",
        [ESMTP_VERB_STARTTLS] = "STARTTLS",
        [ESMTP_VERB_XCLIENT] = "XCLIENT",
        [ESMTP_VERB_XFORWARD] = "XFORWARD",
        [ESMTP_VERB_XACK] = "XACK",
        [ESMTP_VERB_XDFN] = "XDFN",
        [ESMTP_VERB_VERB] = "VERB",
        [ESMTP_VERB_XEXCH50] = "XEXCH50",
        [ESMTP_VERB_SEND] = "SEND",
        [ESMTP_VERB_SOML] = "SOML",
        [ESMTP_VERB_SAML] = "SAML",
        [ESMTP_VERB_XMRG] = "XMRG",
        [ESMTP_VERB_XPRT] = "XPRT",
        [ESMTP_VERB_X_EXPS] = "X-EXPS",
        [ESMTP_VERB_X_ANONYMOUSTLS] = "X-ANONYMOUSTLS",
    };

    static const esmtp_verb_row_t *found[G_N_ELEMENTS(names)];

    if ((size_t)id >= G_N_ELEMENTS(names) || !names[id]) {
        return NULL;
    }
    if (!found[id])
        found[id] = (const esmtp_verb_row_t *)esmtp_table_find_name(verbs, G_N_ELEMENTS(verbs), sizeof verbs[0],
                                                                    esmtp_span_str(names[id]));
    return found[id];
}

uint16_t esmtp_verb_number(const esmtp_verb_row_t *row)
{
    return row ? (uint16_t)(row - verbs + 1) : 0;
}

const esmtp_verb_row_t *esmtp_verb_by_number(uint16_t number)
{
    return number >= 1 && number <= G_N_ELEMENTS(verbs) ? &verbs[number - 1] : NULL;
}

/* Whether a list of codes that a 0 or its end closes holds a code. */
static bool lists_code(const uint16_t *codes, size_t max, uint16_t code)
{
    for (size_t i = 0; i < max && codes[i] != 0; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

bool esmtp_verb_expects(const esmtp_verb_row_t *row, uint16_t code)
{
    switch (code / 100) {
    case 2:
    case 3:
        if (!row) {
            return code < 300;
        }
        return lists_code(row->success, G_N_ELEMENTS(row->success), code) ||
               lists_code(row->intermediate, G_N_ELEMENTS(row->intermediate), code);
    case 4:
    case 5: return true;
    default: return false;
    }
}

const esmtp_verb_row_t *esmtp_verb_rows(size_t *n)
{
    *n = G_N_ELEMENTS(verbs);
    return verbs;
}
