/* finding_rows.h
 * The rows of findings.h: id, name, severity, group, how often, text, reference. In the order in which several of one
 * place are shown. Included where ROW is defined.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* clang-format off */
ROW(BARE_LF, "smtp.expert.bare_lf", WARN, PROTOCOL, EACH,
    "Line ends with LF instead of CRLF", NULL)
ROW(TOO_LONG, "smtp.expert.line_too_long", WARN, PROTOCOL, EACH,
    "Line without end: cut off here", NULL)
ROW(NO_EOL, "smtp.expert.no_line_end", NOTE, REASSEMBLE, EACH,
    "Line end not captured", NULL)
ROW(CONTROL, "smtp.expert.control", WARN, PROTOCOL, EACH,
    "NUL or bare CR in a line, or CR CR LF at its end", NULL)
ROW(CLIENT_FIRST, "smtp.expert.client_first", WARN, SEQUENCE, EACH,
    "Client speaks before the server's greeting", NULL)
ROW(NO_COMMAND, "smtp.expert.no_command", WARN, SEQUENCE, EACH,
    "Reply without a command", NULL)
ROW(NOT_REPLY, "smtp.expert.not_reply", WARN, MALFORMED, EACH,
    "Line from the server is not a reply: it does not begin with a three-digit code", NULL)
ROW(NOT_COMMAND, "smtp.expert.not_command", WARN, MALFORMED, EACH,
    "Line from the client is not a command", NULL)
ROW(CODE_CHANGED, "smtp.response.code.unexpected", WARN, PROTOCOL, EACH,
    "Unexpected response code in multiline response", NULL)
ROW(WRONG_CODE, "smtp.expert.wrong_code", WARN, RESPONSE_CODE, EACH,
    "This code is no answer to this command", NULL)
ROW(EARLY_TEXT, "smtp.expert.early_text", WARN, SEQUENCE, EACH,
    "Message text before the server's 354", NULL)
ROW(EARLY_AUTH, "smtp.expert.early_auth", WARN, SEQUENCE, EACH,
    "Authentication data before the server's 334", NULL)
ROW(EARLY_REPLY, "smtp.expert.early_reply", NOTE, SEQUENCE, EACH,
    "Reply before the end of the message", NULL)
ROW(GAP, "smtp.expert.gap", WARN, REASSEMBLE, EACH,
    "Octets are missing here: not captured, or withheld by TCP (see the preferences tcp.reassemble_out_of_order and tcp.no_subdissector_on_error)", NULL)
ROW(INCOMPLETE, "smtp.expert.incomplete", WARN, REASSEMBLE, EACH,
    "Message is incomplete: octets of it are missing", NULL)
ROW(FAKE_END, "smtp.expert.fake_end", WARN, SECURITY, EACH,
    "Line ends in the message that some servers take for its end (SMTP smuggling)", NULL)
ROW(CLEAR_AFTER_STARTTLS, "smtp.expert.clear_after_starttls", ERROR, SECURITY, EACH,
    "Command in clear behind STARTTLS (command injection)", NULL)
ROW(CLEAR_AFTER_220, "smtp.expert.clear_after_220", ERROR, SECURITY, EACH,
    "Reply in clear behind the 220 that opens TLS (response injection)", NULL)
ROW(TLS_TWICE, "smtp.expert.tls_twice", WARN, PROTOCOL, EACH,
    "STARTTLS inside TLS", NULL)
ROW(CLEAR_LOGIN, "smtp.expert.clear_login", WARN, SECURITY, EACH,
    "Authentication in clear although STARTTLS was offered", NULL)
ROW(CLEAR_MAIL, "smtp.expert.clear_mail", NOTE, SECURITY, EACH,
    "Mail in clear although STARTTLS was offered", NULL)
ROW(NO_TLS_RECORD, "smtp.expert.no_tls_record", WARN, PROTOCOL, EACH,
    "No TLS behind the 220: the session goes on in clear", NULL)
ROW(OVER_LIMIT, "smtp.expert.over_limit", WARN, ASSUMPTION, EACH,
    "More than this dissector keeps track of", NULL)
ROW(AFTER_DATA, "smtp.expert.after_data", WARN, SEQUENCE, EACH,
    "Command behind DATA without waiting for its reply", NULL)
ROW(BODY_NUL, "smtp.expert.body_nul", NOTE, PROTOCOL, EACH,
    "NUL in message text", NULL)
ROW(FAKE_END_TAKEN, "smtp.expert.fake_end_taken", ERROR, SECURITY, EACH,
    "The server took line ends that are not CRLF.CRLF for the end of the message", NULL)
ROW(MECH_NOT_OFFERED, "smtp.expert.mechanism_not_offered", NOTE, PROTOCOL, EACH,
    "The server did not offer this mechanism", NULL)
ROW(AUTH_TWICE, "smtp.expert.auth_twice", WARN, SEQUENCE, EACH,
    "AUTH after a login that succeeded", NULL)
ROW(AUTH_IN_MAIL, "smtp.expert.auth_in_mail", WARN, SEQUENCE, EACH,
    "AUTH inside a mail transaction", NULL)
ROW(PIPELINE, "smtp.expert.pipelining", NOTE, SEQUENCE, EACH,
    "Pipelined, but the server does not offer PIPELINING", NULL)
ROW(DUPLICATE_KEYWORD, "smtp.expert.duplicate_keyword", WARN, PROTOCOL, EACH,
    "An earlier line of this reply has the same keyword", NULL)
ROW(CLEAR_AFTER_TLS, "smtp.expert.clear_after_tls", WARN, SEQUENCE, EACH,
    "In clear although TLS was begun: its handshake failed, or it has ended", NULL)
ROW(CHUNK_AS_COMMANDS, "smtp.expert.chunk_read_as_commands", ERROR, SECURITY, EACH,
    "BDAT: the server read what follows as commands, not as a chunk", NULL)
ROW(BAD_SIZE, "smtp.expert.bad_chunk_size", WARN, PROTOCOL, EACH,
    "BDAT: not a number alone or with LAST; servers differ in what they make of it", NULL)
ROW(READ_ANEW, "smtp.expert.read_anew", WARN, ASSUMPTION, EACH,
    "This reply shows that what the client sent before means something else than was shown at first", NULL)
ROW(UNDECIDED, "smtp.expert.undecided", NOTE, ASSUMPTION, EACH,
    "The server's replies have yet to show what these octets are: later passes (tshark -2) show what it was", NULL)
ROW(NOT_SHOWN, "smtp.expert.not_shown", NOTE, UNDECODED, EACH,
    "Too many lines in one frame: the rest is not shown", NULL)
ROW(BASE64, "smtp.base64_decode", WARN, PROTOCOL, EACH,
    "base64 decode failed", NULL)
ROW(AUTH_MALFORMED, "smtp.expert.auth_malformed", WARN, MALFORMED, EACH,
    "Message of the exchange is malformed", NULL)
ROW(AUTH_NO_CHALLENGE, "smtp.expert.auth_no_challenge", NOTE, PROTOCOL, EACH,
    "334 without a challenge", NULL)
ROW(ENHANCED_CLASS, "smtp.expert.enhanced_class", WARN, RESPONSE_CODE, EACH,
    "Class of the enhanced status code differs from the reply code's first digit", NULL)
ROW(STARTTLS_FIRST, "smtp.expert.starttls_first", WARN, PROTOCOL, EACH,
    "An extension stands where the server's name ought to: some clients do not look for extensions there", NULL)
ROW(MASKED_GREETING, "smtp.expert.masked_greeting", WARN, SECURITY, EACH,
    "A middlebox has overwritten the greeting; often it hides extensions, too", NULL)
ROW(MASKED_COMMAND, "smtp.expert.masked_command", WARN, SECURITY, EACH,
    "Command written over by a middlebox: the server cannot know what the client asked for", NULL)
ROW(BAD_PATH, "smtp.expert.bad_path", WARN, PROTOCOL, EACH,
    "Path breaks its syntax", NULL)
ROW(LOOSE_PATH, "smtp.expert.loose_path", NOTE, PROTOCOL, EACH,
    "Path as strict servers do not take it", NULL)
ROW(MESSAGE_TOO_BIG, "smtp.expert.message_too_big", NOTE, REASSEMBLE, EACH,
    "Message is larger than the preference esmtp.max_message: not put together", NULL)
ROW(MESSAGE_LINES, "smtp.expert.message_lines", NOTE, UNDECODED, EACH,
    "Message has more lines than a tree may hold: the first of them are shown", NULL)
ROW(MESSAGE_FAILED, "smtp.expert.message_failed", WARN, UNDECODED, EACH,
    "What the message holds could not be shown to the end", NULL)
ROW(MESSAGE_INCOMPLETE, "smtp.expert.message_incomplete", NOTE, REASSEMBLE, EACH,
    "Message is not complete", NULL)
ROW(MESSAGE_ABOVE_LIMIT, "smtp.expert.message_above_limit", NOTE, PROTOCOL, EACH,
    "Message is larger than the server takes", NULL)
ROW(AUTH_TOO_LONG, "smtp.expert.auth_too_long", NOTE, PROTOCOL, EACH,
    "Line is longer than the 12288 octets that servers must take (RFC 4954)", NULL)
ROW(BAD_PARAMETER, "smtp.expert.bad_parameter", WARN, PROTOCOL, EACH,
    "Parameter breaks its syntax", NULL)
ROW(NEGATIVE_TIME, "smtp.expert.negative_time", NOTE, ASSUMPTION, EACH,
    "The reply is older than its command: the clock was set back, or the capture's packets are out of order", NULL)
ROW(BAD_KEYWORD, "smtp.expert.bad_keyword", NOTE, PROTOCOL, EACH,
    "Keyword is not made of letters, digits and '-' alone, or begins with '-'", NULL)
ROW(MASKED_KEYWORD, "smtp.expert.masked_keyword", WARN, SECURITY, EACH,
    "A middlebox has overwritten the keyword; often that was STARTTLS", NULL)
ROW(CLEAR_MECHANISM, "smtp.expert.clear_mechanism", NOTE, SECURITY, EACH,
    "Offers without TLS a login whose password or token can be read from the connection", NULL)
ROW(TLS_BEFORE_CAPTURE, "smtp.expert.tls_before_capture", NOTE, ASSUMPTION, EACH,
    "SMTP inside TLS that was opened before the capture began or where it has a hole", NULL)
ROW(TLS_BEFORE_220, "smtp.expert.tls_before_220", WARN, SEQUENCE, EACH,
    "TLS begins before the server's 220", NULL)
ROW(TLS_WITHOUT_STARTTLS, "smtp.expert.tls_without_starttls", WARN, SEQUENCE, EACH,
    "TLS without STARTTLS, on a port where SMTP begins in clear", NULL)
/* clang-format on */
