/* keywords.c
 * The keywords of the EHLO reply. Columns: keyword, form of its parameters, status, syntax of the
 * parameters, reference, explanation. Sorted by keyword.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const esmtp_keyword_row_t keywords[] = {
    {"8BITMIME", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 6152",
     "Message bodies may hold octets above 127, so the client need not recode text to 7 bits. "
     "Nearly every server offers it."},
    {"ATRN", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 2645",
     "A customer with a changing address can log in and have its mail sent over the same "
     "connection. The safe successor of TURN, on port 366."},
    {"AUTH", ESMTP_EHLO_AUTH, ESMTP_STATUS_STANDARD, "1*(mechanism)", "RFC 4954 section 3",
     "Login is possible with any of the methods named here (SASL mechanisms). Some servers repeat "
     "the line as AUTH= with the first mechanism glued to it, for the sake of Outlook Express and "
     "Netscape."},
    {"BINARYMIME", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 3030 section 3",
     "Messages may hold binary MIME parts as they are, without base64 and without regard to "
     "lines. They need BDAT, so CHUNKING must be offered as well."},
    {"BURL", ESMTP_EHLO_BURL, ESMTP_STATUS_STANDARD, "[imap] [imap://server ...]", "RFC 4468",
     "The server can fetch a message from an IMAP server itself, so that the client need not upload "
     "it. The word imap means that it takes authorised URLs, a URL names a server that it trusts."},
    {"CHECKPOINT", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "RFC 1845",
     "A message whose transfer broke off can be continued later. The client repeats its transaction "
     "id, and the server answers 355 with the place to go on; rare."},
    {"CHUNKING", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 3030 section 2",
     "The message may be sent with BDAT in counted pieces, instead of DATA and a line with a dot."},
    {"CLIENTID", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "draft-storey-smtp-client-id",
     "The client may present a token of its device before it logs in, as a second factor. An "
     "idea of LinuxMagic; which clients use it is not known."},
    {"CONNEG", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 4141",
     "The server tells in its reply to RCPT which media formats the recipient's device "
     "understands. Made for Internet fax, not met elsewhere."},
    {"CONPERM", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 4141",
     "The server may convert the content, such as a fax image, if the sender permits it. From "
     "Internet fax; hardly deployed."},
    {"DELIVERBY", ESMTP_EHLO_DELIVERBY, ESMTP_STATUS_STANDARD, "[seconds][,token ...]", "RFC 2852",
     "The client may set a deadline for delivery and say what happens when it passes. The number "
     "is the shortest deadline, in seconds, that the server agrees to."},
    {"DSN", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 3461",
     "The client may ask for delivery reports: on success, failure or delay, or never. It may also "
     "say how much of the message they return."},
    {"ENHANCEDSTATUSCODES", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 2034",
     "Most replies carry a second code such as 5.1.1, which tells more than the three digits. "
     "The greeting, replies to a hello and 3yz replies have none."},
    {"ETRN", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 1985",
     "A client may ask the server to start sending the mail that waits for a host. Used by sites "
     "with dial-up lines and by backup mail servers."},
    {"EXDATA", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "draft-varshavchik-exdata-smtpext",
     "After the message the server may answer 558, whose lines wrap one ordinary reply for each "
     "recipient."},
    {"EXPN", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 5321 section 4.1.1.7",
     "The server can name the members of a mailing list. Usually switched off, because spammers "
     "like to read such lists."},
    {"FUTURERELEASE", ESMTP_EHLO_FUTURERELEASE, ESMTP_STATUS_STANDARD, "max-seconds max-date-time", "RFC 4865",
     "The submission server can hold a message and send it later. The values are the longest "
     "wait in seconds and the latest moment."},
    {"HELP", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 5321 section 4.1.1.8",
     "The server gives help to people who type commands by hand. Exim and Sendmail end their "
     "list of extensions with it."},
    {"IGNOREQUOTA", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Cyrus IMAP",
     "A trusted client may deliver even into a mailbox that is over its quota."},
    {"JMAPIDENTITY", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Cyrus IMAP, Fastmail",
     "The client may name the JMAP identity under which a message is sent. A private link "
     "between a Cyrus server and its submission host."},
    {"LIMITS", ESMTP_EHLO_LIMITS, ESMTP_STATUS_STANDARD, "name[=value] *( name[=value])", "RFC 9422",
     "The server tells its limits in advance. MAILMAX: transactions on a connection, RCPTMAX: "
     "recipients of one, RCPTDOMAINMAX: recipient domains; a later hello replaces them all."},
    {"MT-PRIORITY", ESMTP_EHLO_MT_PRIORITY, ESMTP_STATUS_STANDARD, "[profile]", "RFC 6710",
     "Messages may carry a priority from -9 to 9. The name tells whose rules give the numbers "
     "their meaning: MIXER, STANAG4406 (NATO) or NSEP (emergency services)."},
    {"MTRK", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 3885",
     "The server keeps a record of messages, so that senders can ask later what became of them. They "
     "ask by RFC 3887; hardly used anywhere."},
    {"NO-SOLICITING", ESMTP_EHLO_NO_SOLICITING, ESMTP_STATUS_STANDARD, "[class *(,class)]", "RFC 3865, RFC 4095",
     "The site does not want advertising of the named classes. Whoever sends such mail has to "
     "label it with SOLICIT= and may be refused."},
    {"OK", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "No extension: some servers close the list of extensions with a line that says OK. Seen from "
     "Exchange 2000 and 2003."},
    {"ONEX", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Sendmail",
     "The client may promise to send one message only, which saved old Sendmail some work. "
     "Obsolete."},
    {"PIPECONNECT", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "Exim",
     "Between Exim servers: on later connections the client may send commands before the greeting "
     "arrives. It trusts what it learned last time, and saves round trips."},
    {"PIPELINING", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 2920",
     "The client may send several commands at once without waiting for each reply. Expect "
     "several commands in one packet, and several replies in another."},
    {"PIPE_CONNECT", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "Exim",
     "The name of PIPECONNECT in Exim 4.95. Its underscore is not allowed in an EHLO keyword."},
    {"PRDR", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "draft-hall-prdr-00, Exim",
     "After the message the server can give a verdict on each recipient (353, then one reply each). "
     "Exim offers it by default."},
    {"QUICKSTART", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "draft-fanf-smtp-quickstart",
     "A client may skip the wait for greeting and hello by remembering what the server can do. An "
     "expired idea that is not deployed."},
    {"REQUIRETLS", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 8689",
     "The sender may demand that every further hop uses TLS with a checked certificate. Else the "
     "message bounces; offered only inside TLS."},
    {"RRVS", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 7293",
     "The sender can demand that the mailbox has belonged to the same person since a given date. "
     "This protects the users of addresses that were given away again."},
    {"SAML", ESMTP_EHLO_NONE, ESMTP_STATUS_HISTORIC, "", "RFC 821",
     "Send and mail: shows mail on the user's terminal and also files it in the mailbox. Not in "
     "use any more."},
    {"SECURITY", ESMTP_EHLO_SECURITY, ESMTP_STATUS_EXPERIMENTAL, "=level *(,level)",
     "draft-varshavchik-security-smtpext",
     "The sender can demand that a message travels on over TLS with certificates only. The "
     "forerunner of REQUIRETLS."},
    {"SEND", ESMTP_EHLO_NONE, ESMTP_STATUS_HISTORIC, "", "RFC 821",
     "Mail can be shown straight on the terminal of a user who is logged in. Long abandoned: "
     "seeing it means very old software or a decoy."},
    {"SENDCHECK", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Cyrus IMAP, Fastmail",
     "The client may ask whether a user is allowed to send from certain addresses, with the verb "
     "SCHK."},
    {"SIZE", ESMTP_EHLO_SIZE, ESMTP_STATUS_STANDARD, "[octets]", "RFC 1870",
     "The largest message that the server takes, in octets (bytes). A client can give up before it "
     "sends; zero means no fixed limit, and without a number the server keeps the limit to itself."},
    {"SMTPUTF8", ESMTP_EHLO_IGNORED, ESMTP_STATUS_STANDARD, "", "RFC 6531",
     "Addresses and header fields may hold UTF-8, so that names in all scripts work. Such a "
     "server must offer 8BITMIME too."},
    {"SOML", ESMTP_EHLO_NONE, ESMTP_STATUS_HISTORIC, "", "RFC 821",
     "Send or mail: shows mail on the user's terminal and falls back to the mailbox. No longer "
     "in use."},
    {"STARTTLS", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 3207 sections 2 and 4.2",
     "The connection can be switched to TLS. What was learned before, this list included, does not "
     "count afterwards, and the client says hello again."},
    {"STATUS", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Haraka",
     "Clients on the same machine may ask Haraka for its pools and queues."},
    {"SUBMITTER", ESMTP_EHLO_NONE, ESMTP_STATUS_HISTORIC, "", "RFC 4405",
     "The client may name the address responsible for the mail, for the Sender ID check. That "
     "check is dead; old Microsoft servers still list it."},
    {"TRACE", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Cyrus IMAP",
     "The client may set an identifier that ends up in the logs of both sides."},
    {"TURN", ESMTP_EHLO_NONE, ESMTP_STATUS_HISTORIC, "", "RFC 821",
     "The two sides may swap the roles of client and server. Unsafe without a login; ETRN and "
     "ATRN took its place."},
    {"UTF8SMTP", ESMTP_EHLO_IGNORED, ESMTP_STATUS_HISTORIC, "", "RFC 5336",
     "The first attempt at non-ASCII addresses, with a second address in ASCII to fall back "
     "on. SMTPUTF8 replaced it."},
    {"VERB", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Sendmail",
     "Debugging aid of Sendmail: after VERB the server reports the progress of delivery. Its lines "
     "have the code 050; harmless, but talkative."},
    {"VERP", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "draft-varshavchik-verp-smtpext, PowerMTA",
     "The server can give each recipient a return address of its own (variable envelope return "
     "path). So a bounce shows whose mailbox failed."},
    {"VRFY", ESMTP_EHLO_NONE, ESMTP_STATUS_STANDARD, "", "RFC 5321 section 4.1.1.6",
     "The server takes questions about whether a mailbox exists. Many answer all with 252; others "
     "check first, such as Postfix: 252 known, 550 unknown."},
    {"WELLKNOWN", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "Exim",
     "The client can read small public files such as security.txt over SMTP. An experiment of "
     "Exim 4.98 and later."},
    {"X-ANONYMOUSTLS", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "Exchange servers of one organisation may start TLS without checking certificates. They prove "
     "themselves inside it with X-EXPS."},
    {"X-EXPS", ESMTP_EHLO_AUTH, ESMTP_STATUS_VENDOR, "*(mechanism)", "Microsoft Exchange",
     "The login of Exchange servers among themselves, with the mechanisms named here. Old ones "
     "write X-EXPS= with the mechanism glued to it."},
    {"X-LINK2STATE", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "Exchange 2000 and 2003 swap tables of link states over SMTP. Known for the heap overflow "
     "of MS05-021."},
    {"X-MESSAGECONTEXT", ESMTP_EHLO_CONTEXTS, ESMTP_STATUS_VENDOR, "*(name-version)", "Microsoft Exchange",
     "Blocks of prepared data may travel with a message, inside an Exchange organisation. They are "
     "the recipient cache (ADRC), properties (EPROP) and a search index (FSTINDX)."},
    {"XACK", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "PowerMTA",
     "A bulk sender may switch off the replies to RCPT and XDFN. After XACK OFF expect commands "
     "without answers."},
    {"XADR", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Oracle Messaging Server, PMDF",
     "An administrator may ask how an address would be routed. It gives away configuration and "
     "is normally disabled."},
    {"XATTR", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "A message may be attributed to a tenant of Exchange Online, as incoming or outgoing mail."},
    {"XCIR", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Oracle Messaging Server, PMDF",
     "An administrator may ask for the state of mail circuits. Disabled by default."},
    {"XCLIENT", ESMTP_EHLO_XCLIENT, ESMTP_STATUS_VENDOR, "1*(attribute)", "Postfix, Dovecot, Exim, Haraka, nginx",
     "A trusted proxy may replace what the server believes about the client: address, name, login. "
     "If strangers see it offered, that is a hole."},
    {"XDUMPCONTEXT", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Momentum",
     "A debugging aid: Momentum shows the variables of connection and message."},
    {"XEXCH50", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "A block of Exchange's own message properties may be sent ahead of the message. Known for "
     "the flaw of MS03-046."},
    {"XEXDATA", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Courier",
     "Courier's name for EXDATA: a 558 after the message holds a verdict for each recipient."},
    {"XFORWARD", ESMTP_EHLO_XFORWARD, ESMTP_STATUS_VENDOR, "1*(attribute)", "Postfix",
     "A content filter may pass on the named details of the original client, for the logs only. "
     "Typical between Postfix and amavis."},
    {"XGEN", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Oracle Messaging Server, PMDF",
     "An administrator may ask whether a compiled configuration and character sets are in use. "
     "Disabled as a rule."},
    {"XLONGADDR", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "The server takes very long addresses, of up to 1860 characters, that wrap X.400 addresses."},
    {"XLOOP", ESMTP_EHLO_HEX_ID, ESMTP_STATUS_VENDOR, "hex-id", "Oracle Messaging Server",
     "An opaque id, believed to let a server notice that it is talking to itself. Seen from Sun "
     "and Oracle servers; not documented."},
    {"XMRG", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "PowerMTA",
     "Mail merge: the server fills one template with the variables of each recipient. The verbs "
     "are XMRG, XDFN and XPRT."},
    {"XOORG", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "A trusted partner may state which organisation a message comes from. It then counts as "
     "internal mail; used between Exchange on the premises and Exchange Online, inside TLS."},
    {"XORAR", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "Originator requested alternate recipient: RCPT may name somebody who gets the mail if "
     "delivery fails. An idea from X.400, off by default."},
    {"XORIGFROM", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "The original sender's address may be passed on when the envelope has another one. Seen "
     "from Exchange; meaning not documented."},
    {"XPROXY", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "A front-end server may hand a client's session and its login to a back-end server. Seen "
     "from Exchange 2013 and later."},
    {"XPROXYFROM", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "A front-end server may tell who the client outside is: session, address, port and hello "
     "name. Seen from Exchange 2013 on."},
    {"XPROXYTO", ESMTP_EHLO_TEXT, ESMTP_STATUS_VENDOR, "[text]", "Microsoft Exchange",
     "A back-end server may have the front-end carry its outbound mail to a given host. Syntax "
     "not documented by Microsoft."},
    {"XRCPTFORWARD", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Dovecot",
     "A Dovecot proxy may attach fields from the user's login data to each RCPT. Used between "
     "Dovecot servers over LMTP."},
    {"XRDST", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "The sending server may pass the destination that it has already worked out for a "
     "recipient. The meaning is inferred; Microsoft does not document it."},
    {"XREMOTEIP", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Momentum",
     "A trusted feeder may tell Momentum the real client's address. Listed in the manual, "
     "without more details."},
    {"XSECURITY", ESMTP_EHLO_SECURITY, ESMTP_STATUS_VENDOR, "=level *(,level)", "Courier",
     "Courier's name for SECURITY. The word STARTTLS in it is a level and does not offer the "
     "command."},
    {"XSESSIONPARAMS", ESMTP_EHLO_TEXT, ESMTP_STATUS_VENDOR, "[text]", "Microsoft Exchange",
     "Exchange's transport services may agree on options of the session, such as the mailbox "
     "database. Seen from Exchange; not documented."},
    {"XSETCONTEXT", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Momentum",
     "A trusted feeder may set variables for Momentum's policy scripts. The manual lists it "
     "without details."},
    {"XSHADOW", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "Shadow redundancy: a server keeps a copy of each message until the next hop reports its "
     "delivery."},
    {"XSHADOWREQUEST", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "Newer shadow redundancy: another server keeps a safety copy before the sender gets its 250. "
     "Seen from Exchange 2013 and later."},
    {"XSTA", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Oracle Messaging Server, PMDF",
     "An administrator may ask for message counts. As a rule it is disabled."},
    {"XSYSPROBE", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Microsoft Exchange",
     "Messages may be marked as test mail of Exchange's own monitoring."},
    {"XUSR", ESMTP_EHLO_NONE, ESMTP_STATUS_VENDOR, "", "Sendmail",
     "Old Sendmail lets a client say that a message comes fresh from a user. The submission port "
     "made it superfluous."},
    {"XVERP", ESMTP_EHLO_XVERP, ESMTP_STATUS_VENDOR, "[=variant]", "Postfix, Courier",
     "Private name of VERP: one message goes in, and each recipient gets its own return address. "
     "Postfix shows it to authorised clients only."},
    {"XXXXXXXX", ESMTP_EHLO_TEXT, ESMTP_STATUS_VENDOR, "", "Cisco PIX, Cisco ASA",
     "A firewall has written the letter X over the real keyword, so that the client does not use "
     "it. Often that was STARTTLS, and the mail then travels unencrypted."},
    {"X_PIPE_CONNECT", ESMTP_EHLO_NONE, ESMTP_STATUS_EXPERIMENTAL, "", "Exim",
     "The experimental name of PIPECONNECT in Exim 4.92 to 4.94."},
};

/* Whether a firewall has written X over a keyword: at least four X, with other letters at most at
 * the end. */
static bool is_masked(esmtp_span_t keyword)
{
    size_t i = 0;

    while (i < keyword.len && (keyword.p[i] == 'X' || keyword.p[i] == 'x')) {
        i++;
    }
    if (i < 4) {
        return false;
    }
    while (i < keyword.len && g_ascii_isalpha(keyword.p[i])) {
        i++;
    }
    return i == keyword.len;
}

/* The row of such keywords. */
static const esmtp_keyword_row_t *masked(void)
{
    static const esmtp_keyword_row_t *row;

    if (!row)
        row = (const esmtp_keyword_row_t *)esmtp_table_find_name(keywords, G_N_ELEMENTS(keywords), sizeof keywords[0],
                                                                 esmtp_span_str("XXXXXXXX"));
    return row;
}

const esmtp_keyword_row_t *esmtp_keyword_find(esmtp_span_t keyword)
{
    static esmtp_index_t index;
    const esmtp_keyword_row_t *row = (const esmtp_keyword_row_t *)esmtp_index_find(
        &index, keywords, G_N_ELEMENTS(keywords), sizeof keywords[0], keyword);

    G_STATIC_ASSERT(G_N_ELEMENTS(keywords) <= UINT8_MAX);
    return row || !is_masked(keyword) ? row : masked();
}

bool esmtp_keyword_is_mask(const esmtp_keyword_row_t *row)
{
    return row == masked();
}

const esmtp_keyword_row_t *esmtp_keyword_rows(size_t *n)
{
    *n = G_N_ELEMENTS(keywords);
    return keywords;
}
