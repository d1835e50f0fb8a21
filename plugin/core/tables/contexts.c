/* contexts.c
 * What a reply code means as the answer to a certain command, and what a sender does next. Columns:
 * code, whether it is the greeting, verb, next step, explanation. Sorted by code, greeting, verb. A
 * row whose code has one digit holds for all codes that begin with it. The most exact row counts:
 * the code after this verb, the code after any verb, the first digit after this verb, the first
 * digit. A row without explanation leaves that to the code's own row.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tables_private.h"

static const char then_nothing[] = "";
static const char then_retry[] = "The sender keeps the message and tries again later.";
static const char then_give_up[] = "The sender gives up on this and reports it to the author.";
static const char then_give_up_message[] = "The sender gives up on the message and sends a bounce to its author.";
/* LMTP and PRDR: one reply is about one recipient. */
static const char then_each_done[] = "The sender is done with this recipient; each other one gets a reply of its own.";
static const char then_each_later[] =
    "The sender tries again later for this recipient; each other one gets a reply of its own.";
static const char then_each_fails[] =
    "This recipient fails: the sender reports that to the author, and heeds the other replies.";
static const char then_go_on[] = "The client continues with the next recipient or with the message.";
static const char then_retry_recipient[] = "The sender tries this recipient again later and goes on with the others.";
static const char then_drop_recipient[] =
    "Only this recipient fails: the sender reports that to the author and goes on with the "
    "others.";
static const char then_hello[] = "The client says hello: EHLO or HELO, in LMTP LHLO.";
static const char then_handshake[] = "The client begins the TLS handshake and says hello again inside TLS.";
static const char then_hello_again[] = "The proxy says hello again, now for the client that it speaks for.";
static const char then_close[] = "Both sides close the connection.";
static const char then_use_extensions[] =
    "The client starts TLS or logs in if it has to, and then begins its message with MAIL.";
static const char then_log_in[] = "The client logs in if it has to, and then begins its message with MAIL.";
static const char then_login_repeat[] = "The client logs in and repeats the command.";
static const char then_begin[] = "The client begins its message with MAIL.";
static const char then_recipients[] = "The client names the recipients, one RCPT for each.";
static const char then_send_text[] = "The client sends the message and ends it with a line that holds only a dot.";
static const char then_send_block[] = "The client sends the block of exactly that many octets.";
static const char then_send_rest[] = "The client continues the message at that octet.";
static const char then_answer[] = "The client answers in base64, or gives up with a lone asterisk.";
static const char then_done[] =
    "The sender has done its duty: it deletes its copy, and ends or begins the next message.";
static const char then_next_chunk[] = "The client sends the next chunk.";
static const char then_read_verdicts[] =
    "The client reads the reply for each recipient and then the one for the message.";
static const char then_sort_verdicts[] =
    "The sender treats each recipient as its line says: done, try again later, or give up.";
static const char then_close_retry[] = "The sender closes the connection, keeps its mail and tries again later.";
static const char then_other_server_retry[] = "The sender tries another server of the domain, or this one later.";
static const char then_other_server[] = "The sender tries another server of the domain; if there is none it gives up.";
static const char then_rest_later[] =
    "The sender sends the message to the recipients accepted so far, and to the rest afterwards.";
static const char then_helo[] = "The client falls back to HELO.";
static const char then_hello_failed[] =
    "The client gives up on this session and tries another server, or reports a failure.";
static const char then_clear_or_stop[] = "The client goes on without TLS or gives up, as its policy says.";
static const char then_clear_or_retry[] = "The client goes on without TLS or tries again later, as its policy says.";
static const char then_login_later[] = "The client tries the login again later; the password need not be wrong.";
static const char then_login_other[] = "The client tries another login method, or the user is asked for help.";
static const char then_login_stronger[] = "The client picks a stronger login method from those that the server offers.";
static const char then_login_check[] =
    "The user has to correct name, password or token; trying the same again cannot help.";
static const char then_login_migrate[] =
    "The user logs in once with a method that sends the password, inside TLS, and then as wished.";
static const char then_login_first[] =
    "The client logs in or starts TLS, whichever the text asks for, and repeats the command.";
static const char then_tls_first[] = "The client starts TLS and logs in there.";
static const char then_without[] = "The client does without the command.";
static const char then_without_parameter[] = "The sender sends without the parameter if it can, or gives up on this.";
static const char then_admin[] = "Only an administrator can help: the account has to be enabled.";
static const char then_new_address[] =
    "The sender reports the failure to the author, who may try the address in the text.";
static const char then_mail_comes[] = "The mail arrives over new connections that the server opens.";
static const char then_mail_stays[] = "The waiting mail stays where it is.";
static const char then_swapped[] = "The side that was the server introduces itself and sends its mail.";
static const char then_message_goes_on[] = "The client goes on with the message.";

static const esmtp_context_row_t contexts[] = {
    {0, false, ESMTP_VERB_NONE, then_nothing, "A number below 100 is no reply of SMTP."},
    {1, false, ESMTP_VERB_NONE, then_nothing, "A first digit of 1 is not used in SMTP."},
    {2, false, ESMTP_VERB_NONE, then_nothing, "A first digit of 2 means success; no table knows this number."},
    {3, false, ESMTP_VERB_NONE, then_nothing, "A first digit of 3 asks for more input; no table knows this number."},
    {4, false, ESMTP_VERB_NONE, then_retry,
     "A first digit of 4 means a failure that may pass; no table knows this number."},
    {4, false, ESMTP_VERB_OTHER, then_nothing, NULL},
    {4, false, ESMTP_VERB_RCPT, then_retry_recipient, NULL},
    {4, false, ESMTP_VERB_RSET, then_nothing, NULL},
    {4, false, ESMTP_VERB_NOOP, then_nothing, NULL},
    {4, false, ESMTP_VERB_QUIT, then_close, NULL},
    {4, false, ESMTP_VERB_VRFY, then_nothing, NULL},
    {4, false, ESMTP_VERB_EXPN, then_nothing, NULL},
    {4, false, ESMTP_VERB_HELP, then_nothing, NULL},
    {4, false, ESMTP_VERB_ETRN, then_mail_stays, NULL},
    {4, false, ESMTP_VERB_ATRN, then_mail_stays, NULL},
    {4, false, ESMTP_VERB_TURN, then_mail_stays, NULL},
    {4, false, ESMTP_VERB_AUTH, then_login_later, NULL},
    {4, false, ESMTP_VERB_STARTTLS, then_clear_or_retry, NULL},
    {4, false, ESMTP_VERB_XFORWARD, then_nothing, NULL},
    {4, false, ESMTP_VERB_VERB, then_nothing, NULL},
    {4, false, ESMTP_VERB_EACH, then_each_later, NULL},
    {4, true, ESMTP_VERB_NONE, then_other_server_retry,
     "The server refuses the connection for now: it is no greeting, and no command will be served."},
    {5, false, ESMTP_VERB_NONE, then_give_up,
     "A first digit of 5 means a failure for good; no table knows this number."},
    {5, false, ESMTP_VERB_OTHER, then_without, NULL},
    {5, false, ESMTP_VERB_EHLO, then_helo, NULL},
    {5, false, ESMTP_VERB_HELO, then_hello_failed, NULL},
    {5, false, ESMTP_VERB_LHLO, then_hello_failed, NULL},
    {5, false, ESMTP_VERB_MAIL, then_give_up_message, NULL},
    {5, false, ESMTP_VERB_RCPT, then_drop_recipient, NULL},
    {5, false, ESMTP_VERB_DATA, then_give_up_message, NULL},
    {5, false, ESMTP_VERB_EOM, then_give_up_message, NULL},
    {5, false, ESMTP_VERB_BDAT, then_give_up_message, NULL},
    {5, false, ESMTP_VERB_BURL, then_give_up_message, NULL},
    {5, false, ESMTP_VERB_RSET, then_without, NULL},
    {5, false, ESMTP_VERB_NOOP, then_without, NULL},
    {5, false, ESMTP_VERB_QUIT, then_close, NULL},
    {5, false, ESMTP_VERB_VRFY, then_without, NULL},
    {5, false, ESMTP_VERB_EXPN, then_without, NULL},
    {5, false, ESMTP_VERB_HELP, then_without, NULL},
    {5, false, ESMTP_VERB_ETRN, then_mail_stays, NULL},
    {5, false, ESMTP_VERB_ATRN, then_mail_stays, NULL},
    {5, false, ESMTP_VERB_TURN, then_mail_stays, NULL},
    {5, false, ESMTP_VERB_AUTH, then_login_other, NULL},
    {5, false, ESMTP_VERB_CANCEL, then_login_other, NULL},
    {5, false, ESMTP_VERB_STARTTLS, then_clear_or_stop, NULL},
    {5, false, ESMTP_VERB_XCLIENT, then_without, NULL},
    {5, false, ESMTP_VERB_XFORWARD, then_without, NULL},
    {5, false, ESMTP_VERB_XACK, then_without, NULL},
    {5, false, ESMTP_VERB_XDFN, then_without, NULL},
    {5, false, ESMTP_VERB_VERB, then_without, NULL},
    {5, false, ESMTP_VERB_XEXCH50, then_without, NULL},
    {5, false, ESMTP_VERB_EACH, then_each_fails, NULL},
    {5, true, ESMTP_VERB_NONE, then_other_server,
     "The server refuses the connection: it is no greeting, and no command will be served."},
    {6, false, ESMTP_VERB_NONE, then_nothing, "A first digit above 5 is not used in SMTP."},
    {220, false, ESMTP_VERB_STARTTLS, then_handshake,
     "The server is ready for TLS. The next octets of the client begin the TLS handshake."},
    {220, false, ESMTP_VERB_XCLIENT, then_hello_again,
     "The server has taken over the details of the real client and starts the session from the "
     "beginning."},
    {220, true, ESMTP_VERB_NONE, then_hello, "The server greets the client and names itself."},
    {221, false, ESMTP_VERB_NONE, then_close, NULL},
    {221, false, ESMTP_VERB_QUIT, then_close,
     "The server says goodbye and closes the connection, as the client asked."},
    {235, false, ESMTP_VERB_NONE, then_begin, NULL},
    {250, false, ESMTP_VERB_EHLO, then_use_extensions,
     "The server returns the hello; each line after the first, if there is one, offers an extension."},
    {250, false, ESMTP_VERB_HELO, then_begin, "The server returns the hello. After HELO no extensions may be used."},
    {250, false, ESMTP_VERB_LHLO, then_begin,
     "The LMTP server returns the hello and lists its extensions, one on each line."},
    {250, false, ESMTP_VERB_MAIL, then_recipients, "The server accepts the sender and has begun a mail transaction."},
    {250, false, ESMTP_VERB_RCPT, then_go_on, "The server accepts this recipient."},
    {250, false, ESMTP_VERB_EOM, then_done, "The server has taken over the message and answers for it from now on."},
    {250, false, ESMTP_VERB_BDAT, then_next_chunk, "The chunk has arrived."},
    {250, false, ESMTP_VERB_BURL, then_next_chunk,
     "The server has fetched the content that the URL names. After LAST it answers for the message "
     "from now on."},
    {250, false, ESMTP_VERB_RSET, then_nothing,
     "The message that was under way is forgotten, with its sender and recipients."},
    {250, false, ESMTP_VERB_NOOP, then_nothing, "The server is alive; nothing else happened."},
    {250, false, ESMTP_VERB_VRFY, then_nothing, "The server says that the user exists, and gives the full address."},
    {250, false, ESMTP_VERB_EXPN, then_nothing, "The lines name the members of the list, one on each."},
    {250, false, ESMTP_VERB_ETRN, then_mail_comes,
     "The server will look through the queue for that host, without a word on whether anything "
     "waits."},
    {250, false, ESMTP_VERB_ATRN, then_swapped,
     "The server has mail for the client, and from here on the roles are swapped."},
    {250, false, ESMTP_VERB_TURN, then_swapped,
     "The server agrees, and from here on the two sides have swapped their roles."},
    {250, false, ESMTP_VERB_XFORWARD, then_nothing,
     "The server has noted the details of the original client for its log."},
    {250, false, ESMTP_VERB_XACK, then_nothing, "Replies to RCPT and XDFN are switched as asked."},
    {250, false, ESMTP_VERB_XDFN, then_nothing, "The variables are set for the recipients that follow."},
    {250, false, ESMTP_VERB_VERB, then_nothing, "Verbose mode is on; progress lines with the code 050 will follow."},
    {250, false, ESMTP_VERB_XEXCH50, then_message_goes_on, "The server has taken the block of message properties."},
    {250, false, ESMTP_VERB_EACH, then_each_done,
     "The server has taken over the message for this recipient, and answers for it from now on."},
    {251, false, ESMTP_VERB_RCPT, then_go_on,
     "The recipient is not here, but the server accepts and forwards to the address in the text."},
    {251, false, ESMTP_VERB_VRFY, then_nothing,
     "The user exists elsewhere; the text gives the address that the server would forward to."},
    {251, false, ESMTP_VERB_ETRN, then_nothing, "No mail waits for that host."},
    {252, false, ESMTP_VERB_RCPT, then_go_on,
     "The server takes the recipient without having checked it. No standard provides this code "
     "here."},
    {252, false, ESMTP_VERB_VRFY, then_nothing,
     "The server does not confirm that the user exists, but it would accept a message and try. Some "
     "refuse unknown users with 550 all the same, Postfix among them."},
    {252, false, ESMTP_VERB_EXPN, then_nothing, "The server does not tell the members of the list."},
    {252, false, ESMTP_VERB_ETRN, then_mail_comes, "The server has begun to send the mail that waits for that host."},
    {253, false, ESMTP_VERB_NONE, then_mail_comes, NULL},
    {334, false, ESMTP_VERB_NONE, then_answer, NULL},
    {353, false, ESMTP_VERB_NONE, then_read_verdicts, NULL},
    {354, false, ESMTP_VERB_NONE, then_send_text, NULL},
    {354, false, ESMTP_VERB_DATA, then_send_text,
     "The server is ready for the message. Everything up to a line with a lone dot is content."},
    {354, false, ESMTP_VERB_XEXCH50, then_send_block,
     "The server is ready for the block of message properties, as many octets as the command "
     "said."},
    {355, false, ESMTP_VERB_NONE, then_send_rest, NULL},
    {421, false, ESMTP_VERB_NONE, then_close_retry, NULL},
    {421, false, ESMTP_VERB_EOM, then_close_retry,
     "The server broke off at the end of the message and closes the connection. It has not taken "
     "the message."},
    {421, false, ESMTP_VERB_BDAT, then_close_retry,
     "The server breaks off in the middle of the message and closes the connection. Nothing has "
     "been taken."},
    {421, false, ESMTP_VERB_QUIT, then_close, "The server was about to close the connection anyway."},
    {421, true, ESMTP_VERB_NONE, then_other_server_retry,
     "The server takes no connection for now: overload, shutdown, or too many from this client."},
    {422, false, ESMTP_VERB_AUTH, then_login_migrate, NULL},
    {432, false, ESMTP_VERB_AUTH, then_login_migrate,
     "The server knows the user but holds no password of the form that this login method needs."},
    {450, false, ESMTP_VERB_MAIL, then_retry,
     "The server does not take mail from this sender right now. It limits the rate, or could not "
     "check the address."},
    {450, false, ESMTP_VERB_RCPT, then_retry_recipient,
     "The server does not take mail for this recipient right now. Often this is greylisting, "
     "which lets only those in who come back."},
    {450, false, ESMTP_VERB_DATA, then_retry,
     "The server does not take the message for now, or none of the recipients can be served."},
    {450, false, ESMTP_VERB_EOM, then_retry,
     "The server has looked at the whole message and puts it off. It has not taken it."},
    {450, false, ESMTP_VERB_BDAT, then_retry,
     "The server puts the message off in the middle. Chunks sent so far are lost."},
    {450, false, ESMTP_VERB_ATRN, then_mail_stays, "The server refuses for now to hand out mail on this connection."},
    {450, false, ESMTP_VERB_EACH, then_each_later, "The server puts the message off for this recipient."},
    {451, false, ESMTP_VERB_MAIL, then_retry,
     "The server could not check the sender because of a fault of its own, often in DNS."},
    {451, false, ESMTP_VERB_RCPT, then_retry_recipient,
     "The server could not check this recipient because of a fault of its own, or it uses "
     "greylisting."},
    {451, false, ESMTP_VERB_DATA, then_retry, "A fault of its own keeps the server from taking the message now."},
    {451, false, ESMTP_VERB_EOM, then_retry,
     "The message arrived, but a filter or the delivery had a fault. The server has not taken it."},
    {451, false, ESMTP_VERB_BDAT, then_retry,
     "The server could not store the chunk because of a fault of its own. The message is not "
     "taken."},
    {451, false, ESMTP_VERB_BURL, then_retry, "The server could not fetch the content that the URL names for now."},
    {451, false, ESMTP_VERB_ATRN, then_mail_stays, "The server cannot look for the client's mail at this moment."},
    {451, false, ESMTP_VERB_EACH, then_each_later,
     "A filter or the delivery had a fault. The message is not taken for this recipient."},
    {452, false, ESMTP_VERB_MAIL, then_retry, "The server has no room at the moment for a message of this size."},
    {452, false, ESMTP_VERB_RCPT, then_rest_later,
     "The message has as many recipients as the server takes in one go, or this mailbox is full "
     "for now."},
    {452, false, ESMTP_VERB_DATA, then_retry, "The server has no room for the message at the moment."},
    {452, false, ESMTP_VERB_EOM, then_retry,
     "The message arrived, but there is no room to keep it. The server has not taken it."},
    {452, false, ESMTP_VERB_BDAT, then_retry,
     "There is no room for this chunk at the moment, so the message is not taken."},
    {452, false, ESMTP_VERB_EACH, then_each_later,
     "There is no room for this recipient's copy, mostly because the mailbox is full."},
    {453, false, ESMTP_VERB_ATRN, then_nothing, "No mail waits for the given domains."},
    {454, false, ESMTP_VERB_MAIL, then_retry,
     "The server wants TLS or a login before it takes this sender, and one of them is out of "
     "order."},
    {454, false, ESMTP_VERB_RCPT, then_retry_recipient,
     "The server refuses for now to relay to this recipient, often because the client has not "
     "logged in."},
    {454, false, ESMTP_VERB_AUTH, then_login_later,
     "The service that checks logins has a passing fault. Whether the password is right remains "
     "open."},
    {454, false, ESMTP_VERB_STARTTLS, then_clear_or_retry,
     "TLS cannot be started because of a passing fault, such as a missing certificate."},
    {455, false, ESMTP_VERB_MAIL, then_retry,
     "The server knows the parameters of MAIL but cannot honour them at the moment."},
    {455, false, ESMTP_VERB_RCPT, then_retry_recipient,
     "The server knows the parameters of RCPT but cannot honour them for this recipient now."},
    {458, false, ESMTP_VERB_NONE, then_mail_stays, NULL},
    {459, false, ESMTP_VERB_NONE, then_mail_stays, NULL},
    {500, false, ESMTP_VERB_EHLO, then_helo,
     "The server knows no EHLO: it is very old, or a firewall changed the command on its way."},
    {500, false, ESMTP_VERB_HELO, then_hello_failed,
     "The server does not even know HELO. Maybe it speaks LMTP, or is no mail server."},
    {500, false, ESMTP_VERB_LHLO, then_hello_failed, "The server knows no LHLO, so it speaks SMTP rather than LMTP."},
    {500, false, ESMTP_VERB_EOM, then_give_up_message,
     "The server took the lines of the message for commands or met a line that was too long."},
    {500, false, ESMTP_VERB_BDAT, then_give_up_message, "The server does not take messages in chunks."},
    {500, false, ESMTP_VERB_AUTH, then_login_other,
     "The server offers no login here, or the line with the login data was too long."},
    {500, false, ESMTP_VERB_STARTTLS, then_clear_or_stop,
     "The server knows no STARTTLS, or a device on the way hides it."},
    {501, false, ESMTP_VERB_EHLO, then_helo, "The server does not accept the name that the client gave for itself."},
    {501, false, ESMTP_VERB_HELO, then_hello_failed, "The name in HELO is missing or not a valid host name."},
    {501, false, ESMTP_VERB_LHLO, then_hello_failed, "The name in LHLO is missing or not a valid host name."},
    {501, false, ESMTP_VERB_MAIL, then_give_up_message,
     "The sender's address or a parameter of MAIL is badly written."},
    {501, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The recipient's address or a parameter of RCPT is badly written."},
    {501, false, ESMTP_VERB_DATA, then_give_up_message, "DATA takes no parameter, or its argument could not be read."},
    {501, false, ESMTP_VERB_BDAT, then_give_up_message, "The size of the chunk is missing or cannot be read."},
    {501, false, ESMTP_VERB_AUTH, then_login_other,
     "The login ended early: the client gave it up with an asterisk, or its base64 was broken."},
    {501, false, ESMTP_VERB_STARTTLS, then_clear_or_stop, "STARTTLS takes no parameter."},
    {502, false, ESMTP_VERB_EHLO, then_helo, "The server speaks only the old protocol without extensions."},
    {502, false, ESMTP_VERB_BDAT, then_give_up_message, "Sending in chunks is switched off on this server."},
    {502, false, ESMTP_VERB_VRFY, then_without, "Questions about users are switched off on this server."},
    {502, false, ESMTP_VERB_EXPN, then_without, "Lists are not expanded here."},
    {502, false, ESMTP_VERB_AUTH, then_login_other, "The server offers no login, or not before TLS."},
    {502, false, ESMTP_VERB_STARTTLS, then_clear_or_stop, "TLS is switched off on this server."},
    {503, false, ESMTP_VERB_EHLO, then_hello_failed,
     "A hello is not expected at this point; with some servers a second one counts as a fault."},
    {503, false, ESMTP_VERB_MAIL, then_give_up_message,
     "MAIL came before the hello, within another transaction, or before what must come first."},
    {503, false, ESMTP_VERB_RCPT, then_drop_recipient, "RCPT came without an accepted MAIL before it."},
    {503, false, ESMTP_VERB_DATA, then_give_up_message,
     "DATA came without an accepted recipient. A client that sends commands ahead gets this when "
     "all recipients were refused."},
    {503, false, ESMTP_VERB_BDAT, then_give_up_message,
     "The chunk came without an accepted recipient, or after the last one."},
    {503, false, ESMTP_VERB_ATRN, then_mail_stays, "The client has not said EHLO, or has a message open."},
    {503, false, ESMTP_VERB_AUTH, then_without,
     "The client is logged in already, has a message open, or has not said hello."},
    {503, false, ESMTP_VERB_STARTTLS, then_clear_or_stop,
     "TLS is active already, a message is open, or the hello is missing."},
    {504, false, ESMTP_VERB_EHLO, then_hello_failed,
     "The server refuses the name that the client gave, mostly because it is no full host name."},
    {504, false, ESMTP_VERB_HELO, then_hello_failed,
     "The server refuses the name in HELO, mostly because it is no full host name."},
    {504, false, ESMTP_VERB_MAIL, then_without_parameter, "The server does not support a parameter of MAIL."},
    {504, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The server does not support a parameter of RCPT, or the address is not complete enough."},
    {504, false, ESMTP_VERB_AUTH, then_login_other, "The server does not offer this login method."},
    {521, false, ESMTP_VERB_BDAT, then_give_up_message,
     "The server could not read the BDAT line, so it no longer knows where commands begin, and "
     "hangs up."},
    {521, true, ESMTP_VERB_NONE, then_other_server,
     "This host never takes mail, whoever asks. It answers only to say so."},
    {523, false, ESMTP_VERB_AUTH, then_tls_first, NULL},
    {524, false, ESMTP_VERB_NONE, then_tls_first, NULL},
    {525, false, ESMTP_VERB_NONE, then_admin, NULL},
    {530, false, ESMTP_VERB_NONE, then_login_first, NULL},
    {530, false, ESMTP_VERB_MAIL, then_login_first,
     "Nobody may send here without a login, or without STARTTLS; the text says which is missing."},
    {530, false, ESMTP_VERB_RCPT, then_login_first,
     "The server takes this recipient only from clients that have logged in or use TLS."},
    {530, false, ESMTP_VERB_AUTH, then_tls_first, "The server does not let anybody log in before STARTTLS."},
    {534, false, ESMTP_VERB_AUTH, then_login_stronger,
     "The server's policy wants a stronger login method for this user. Some providers want a login "
     "through their web page first."},
    {535, false, ESMTP_VERB_NONE, then_login_check, NULL},
    {538, false, ESMTP_VERB_NONE, then_tls_first, NULL},
    {550, false, ESMTP_VERB_EHLO, then_hello_failed, "The server refuses this client, for its name or its address."},
    {550, false, ESMTP_VERB_HELO, then_hello_failed, "The server refuses the client that calls itself so."},
    {550, false, ESMTP_VERB_MAIL, then_give_up_message,
     "The server takes no mail from this sender: no such address, blocked, or a failed check such as "
     "SPF."},
    {550, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The server takes no mail for this recipient: no such mailbox, no right to relay, or a policy."},
    {550, false, ESMTP_VERB_DATA, then_give_up_message,
     "The server does not want the message, though it has not seen it yet."},
    {550, false, ESMTP_VERB_EOM, then_give_up_message,
     "The server has read the message and refuses it, mostly as spam or for a failed check such "
     "as DMARC."},
    {550, false, ESMTP_VERB_BDAT, then_give_up_message,
     "The server refuses the message on its content or by policy. Chunks already sent count for "
     "nothing."},
    {550, false, ESMTP_VERB_VRFY, then_nothing, "There is no such user."},
    {550, false, ESMTP_VERB_EXPN, then_nothing, "There is no such list, or this client may not see it."},
    {550, false, ESMTP_VERB_EACH, then_each_fails, "The server refuses the message for this recipient."},
    {550, true, ESMTP_VERB_NONE, then_other_server,
     "The server takes no mail from this client, mostly because its address is on a block list."},
    {551, false, ESMTP_VERB_RCPT, then_new_address,
     "The recipient is elsewhere, and this server does not forward. The text may name the right "
     "address."},
    {551, false, ESMTP_VERB_BDAT, then_give_up_message,
     "The server threw the chunk away, because the message had failed before."},
    {551, false, ESMTP_VERB_VRFY, then_nothing, "The user is elsewhere; the text may name the address."},
    {552, false, ESMTP_VERB_MAIL, then_give_up_message,
     "The message is bigger than this server takes, by the SIZE that the client announced."},
    {552, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The mailbox is full, or the message too big for it. Servers that keep to RFC 821 mean too many "
     "recipients."},
    {552, false, ESMTP_VERB_EOM, then_give_up_message, "The message turned out too big, or the mailbox is full."},
    {552, false, ESMTP_VERB_BDAT, then_give_up_message,
     "With this chunk the message grew bigger than the server takes."},
    {552, false, ESMTP_VERB_EACH, then_each_fails,
     "The message is too big for this recipient's mailbox, or the mailbox is full."},
    {553, false, ESMTP_VERB_MAIL, then_give_up_message,
     "The sender's address is not allowed: badly written, or not one that this user may use."},
    {553, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The recipient's address is not allowed: badly written, ambiguous, or not to be relayed."},
    {553, false, ESMTP_VERB_VRFY, then_nothing, "The name fits more than one user."},
    {554, false, ESMTP_VERB_MAIL, then_give_up_message, "The server refuses this sender by policy."},
    {554, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The server refuses by policy: the client may not relay or is on a block list."},
    {554, false, ESMTP_VERB_DATA, then_give_up_message,
     "No recipient was accepted, or the server refuses for another reason before it has seen the "
     "message."},
    {554, false, ESMTP_VERB_EOM, then_give_up_message,
     "The server has read the message and refuses it, mostly as spam, for a virus, or as malformed."},
    {554, false, ESMTP_VERB_BDAT, then_give_up_message,
     "The server refuses the message: no recipient was accepted, or its content is not wanted."},
    {554, false, ESMTP_VERB_BURL, then_give_up_message,
     "The server could not fetch or use the content that the URL names."},
    {554, false, ESMTP_VERB_STARTTLS, then_clear_or_stop,
     "The server refuses TLS, or nothing but QUIT is allowed any more."},
    {554, false, ESMTP_VERB_EACH, then_each_fails,
     "The server refuses the message for this recipient, on its content or by policy."},
    {554, true, ESMTP_VERB_NONE, then_other_server,
     "The server has no mail service for this client, often because of a block list."},
    {555, false, ESMTP_VERB_MAIL, then_without_parameter,
     "The server does not know, or does not support, a parameter of MAIL."},
    {555, false, ESMTP_VERB_RCPT, then_without_parameter, "The server does not know a parameter of RCPT."},
    {556, false, ESMTP_VERB_RCPT, then_drop_recipient,
     "The recipient's domain has published a null MX: it takes no mail at all."},
    {558, false, ESMTP_VERB_NONE, then_sort_verdicts, NULL},
};

/* Inside TLS, where nobody asks for it again. */
static const esmtp_context_row_t inside_tls[] = {
    {250, false, ESMTP_VERB_EHLO, then_log_in, NULL},
    {523, false, ESMTP_VERB_NONE, then_login_other, "The server does not regard the connection as encrypted enough."},
    {524, false, ESMTP_VERB_NONE, then_login_other, NULL},
    {530, false, ESMTP_VERB_NONE, then_login_repeat, "The server wants a login first."},
    {538, false, ESMTP_VERB_NONE, then_login_other, NULL},
};

/* Where it is defined what the replies to a verb mean, beside the list of all codes. */
static const struct {
    esmtp_verb_t verb;
    const char *reference;
} references[] = {
    {ESMTP_VERB_LHLO, "RFC 2033 section 4.1"},
    {ESMTP_VERB_EACH, "RFC 2033 section 4.2"},
    {ESMTP_VERB_BDAT, "RFC 3030 section 2"},
    {ESMTP_VERB_BURL, "RFC 4468"},
    {ESMTP_VERB_ETRN, "RFC 1985"},
    {ESMTP_VERB_ATRN, "RFC 2645"},
    {ESMTP_VERB_TURN, "RFC 821"},
    {ESMTP_VERB_AUTH, "RFC 4954 section 6"},
    {ESMTP_VERB_STARTTLS, "RFC 3207 section 4"},
    {ESMTP_VERB_XCLIENT, "Postfix"},
    {ESMTP_VERB_XFORWARD, "Postfix"},
    {ESMTP_VERB_XACK, "PowerMTA"},
    {ESMTP_VERB_XDFN, "PowerMTA"},
    {ESMTP_VERB_VERB, "Sendmail"},
    {ESMTP_VERB_XEXCH50, "Microsoft Exchange"},
};

/* Compares two rows' keys. For bsearch(). */
static int compare_context(const void *key, const void *row)
{
    const esmtp_context_row_t *a = (const esmtp_context_row_t *)key;
    const esmtp_context_row_t *b = (const esmtp_context_row_t *)row;

    if (a->code != b->code) {
        return a->code - b->code;
    }
    if (a->greeting != b->greeting) {
        return (int)a->greeting - (int)b->greeting;
    }
    return (int)a->verb - (int)b->verb;
}

/* The row of exactly that key, NULL if there is none. */
static const esmtp_context_row_t *find_exact(uint16_t code, bool greeting, esmtp_verb_t verb)
{
    const esmtp_context_row_t key = {code, greeting, verb, NULL, NULL};

    return (const esmtp_context_row_t *)bsearch(&key, contexts, G_N_ELEMENTS(contexts), sizeof contexts[0],
                                                compare_context);
}

/* The verb whose replies mean the same. */
static esmtp_verb_t same_as(esmtp_verb_t verb)
{
    switch (verb) {
    case ESMTP_VERB_SEND:
    case ESMTP_VERB_SOML:
    case ESMTP_VERB_SAML:
    case ESMTP_VERB_XMRG: return ESMTP_VERB_MAIL;
    case ESMTP_VERB_XPRT: return ESMTP_VERB_DATA;
    case ESMTP_VERB_X_EXPS: return ESMTP_VERB_AUTH;
    case ESMTP_VERB_X_ANONYMOUSTLS: return ESMTP_VERB_STARTTLS;
    case ESMTP_VERB_EACH: return ESMTP_VERB_EOM;
    default: return verb;
    }
}

/* The row for a code, or for a first digit, after a verb; else the one after any verb; NULL if
 * there is neither. */
static const esmtp_context_row_t *find_context(uint16_t code, esmtp_verb_t verb, bool greeting)
{
    const esmtp_context_row_t *row = find_exact(code, greeting, greeting ? ESMTP_VERB_NONE : verb);

    if (!row && !greeting)
        row = find_exact(code, false, same_as(verb));

    /* Whatever the code means elsewhere, in the place of a greeting it refuses the connection. */
    if (!row && greeting && code >= 400)
        row = find_exact(code / 100, true, ESMTP_VERB_NONE);
    return row ? row : find_exact(code, false, ESMTP_VERB_NONE);
}

/* The row for all codes of a first digit; there is always one. */
static const esmtp_context_row_t *find_class(uint16_t code, esmtp_verb_t verb, bool greeting)
{
    return find_context(MIN(code / 100, 6), verb, greeting);
}

const char *esmtp_code_explain(uint16_t code, esmtp_verb_t verb, bool greeting)
{
    /* A code below ten is no key of this table: there its rows are those of a first digit. */
    const esmtp_context_row_t *row = code >= 10 ? find_context(code, verb, greeting) : NULL;
    const esmtp_code_row_t *plain;

    if (row && row->explanation) {
        return row->explanation;
    }
    plain = esmtp_code_find(code);
    return plain ? plain->explanation : find_class(code, ESMTP_VERB_NONE, false)->explanation;
}

const char *esmtp_code_next_step(uint16_t code, esmtp_verb_t verb, bool greeting)
{
    const esmtp_context_row_t *row = code >= 10 ? find_context(code, verb, greeting) : NULL;

    return row ? row->next_step : find_class(code, verb, greeting)->next_step;
}

/* Whether a row tells what a code means after a verb, and not what it means in general. */
static bool is_of_verb(const esmtp_context_row_t *row)
{
    return row && row->verb != ESMTP_VERB_NONE && row->explanation;
}

const char *esmtp_code_reference(uint16_t code, esmtp_verb_t verb, bool greeting)
{
    const esmtp_context_row_t *row = code >= 10 ? find_context(code, verb, greeting) : NULL;
    const esmtp_code_row_t *plain = esmtp_code_find(code);

    /* 521 in place of a greeting has RFCs of its own, which the code's own row names. */
    if (greeting && row && row->greeting && row->code != 521)
        return "RFC 5321 section 3.1";
    /* Section 6 lists the results of a login; a line that is refused as such stands where the exchange is described. */
    if (is_of_verb(row) && row->verb == ESMTP_VERB_AUTH && code >= 501 && code <= 504)
        return "RFC 4954 section 4";
    for (size_t i = 0; is_of_verb(row) && i < G_N_ELEMENTS(references); i++) {
        if (references[i].verb == row->verb)
            return references[i].reference;
    }
    if (is_of_verb(row) && plain && g_str_has_prefix(plain->reference, "RFC 5321"))
        return "RFC 5321 section 4.3.2";
    return plain ? plain->reference : code >= 200 ? "RFC 5321 section 4.2.1" : "";
}

const char *esmtp_code_name_after(uint16_t code, esmtp_verb_t verb)
{
    if (same_as(verb) != ESMTP_VERB_STARTTLS)
        return NULL;
    return code == 220 ? "Ready to start TLS" : code == 454 ? "TLS not available due to temporary reason" : NULL;
}

const esmtp_context_row_t *esmtp_context_inside_tls(uint16_t code, esmtp_verb_t verb)
{
    for (size_t i = 0; i < G_N_ELEMENTS(inside_tls); i++) {
        if (inside_tls[i].code == code && (inside_tls[i].verb == verb || inside_tls[i].verb == ESMTP_VERB_NONE))
            return &inside_tls[i];
    }
    return NULL;
}

const esmtp_context_row_t *esmtp_context_tls_rows(size_t *n)
{
    *n = G_N_ELEMENTS(inside_tls);
    return inside_tls;
}

const esmtp_context_row_t *esmtp_context_rows(size_t *n)
{
    *n = G_N_ELEMENTS(contexts);
    return contexts;
}
