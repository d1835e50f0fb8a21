/* finding_rows.h
 * The rows of findings.h: id, name, severity, group, how often, text, reference. In the order in which several of one
 * place are shown. Included where ROW is defined.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
/* clang-format off */
ROW(BARE_LF, "smtp.expert.bare_lf", NOTE, PROTOCOL, ONCE_A_SIDE,
    "Bare LF: this side ends its lines with LF alone instead of CRLF. Strict servers refuse that; the program needs a fix", "RFC 5321 2.3.8")
ROW(NO_EOL, "smtp.expert.no_line_end", NOTE, REASSEMBLE, EACH,
    "Line end missing: the rest of this line is not in the capture", NULL)
ROW(CONTROL, "smtp.expert.control", WARN, PROTOCOL, TIMES(3),
    "Control character: NUL or bare CR in a line, or CR CR LF at its end. Some servers end the line there or copy it into a header; check the client for injection", "RFC 5321 2.3.8")
ROW(CLIENT_FIRST, "smtp.expert.client_first", WARN, SEQUENCE, ONCE,
    "Client speaks before the server's greeting: typical of spam bots; proper clients wait", "RFC 5321 4.3.1")
ROW(NO_COMMAND, "smtp.expert.no_command", WARN, SEQUENCE, TIMES(3),
    "Reply without a command: client and server are out of step, or a reply was injected", "RFC 5321 4.2.4.2")
ROW(NOT_REPLY, "smtp.expert.not_reply", WARN, MALFORMED, ONCE,
    "Not a reply: this line of the server does not begin with a three-digit code", NULL)
ROW(NOT_COMMAND, "smtp.expert.not_command", NOTE, MALFORMED, ONCE,
    "Not a command: this line of the client does not begin with a verb", NULL)
ROW(CODE_CHANGED, "smtp.response.code.unexpected", WARN, PROTOCOL, EACH,
    "Unexpected response code in multiline response", NULL)
ROW(WRONG_CODE, "smtp.expert.wrong_code", WARN, RESPONSE_CODE, TIMES(10),
    "Reply code not expected for this command", NULL)
ROW(EARLY_TEXT, "smtp.expert.early_text", WARN, SEQUENCE, EACH,
    "Message text before the server's 354", NULL)
ROW(EARLY_AUTH, "smtp.expert.early_auth", WARN, SEQUENCE, EACH,
    "Authentication data before the server's 334", "RFC 4954 4")
ROW(EARLY_REPLY, "smtp.expert.early_reply", NOTE, SEQUENCE, EACH,
    "Early reply: the server answers before the end of the message", NULL)
ROW(NO_VERDICT, "smtp.expert.no_verdict", WARN, SEQUENCE, ONCE,
    "No verdict on this message: the connection was closed before the server's reply (for all recipients). The client will send it again, and it may arrive twice", "RFC 1047")
ROW(NO_REPLY, "smtp.expert.no_reply", NOTE, SEQUENCE, ONCE,
    "No reply: the connection ended before this command was answered, or before its reply was complete", "RFC 5321 3.8")
ROW(GAP, "smtp.expert.gap", NOTE, REASSEMBLE, TIMES(10),
    "Octets missing: not captured, or withheld by TCP (see the preferences tcp.reassemble_out_of_order and tcp.no_subdissector_on_error)", NULL)
ROW(FAKE_END, "smtp.expert.fake_end", WARN, SECURITY, EACH,
    "SMTP smuggling: line ends in the message that some servers take for its end. Check what follows them", "VU#302671")
ROW(CLEAR_AFTER_STARTTLS, "smtp.expert.clear_after_starttls", ERROR, SECURITY, ONCE,
    "Command injection: plaintext after STARTTLS. The server must discard it", "CVE-2011-0411")
ROW(CLEAR_AFTER_220, "smtp.expert.clear_after_220", ERROR, SECURITY, ONCE,
    "Response injection: plaintext reply after the 220 to STARTTLS. The client must discard it", "CVE-2021-38371")
ROW(TLS_TWICE, "smtp.expert.tls_twice", NOTE, PROTOCOL, ONCE,
    "STARTTLS inside TLS: the connection is encrypted already", NULL)
ROW(CLEAR_LOGIN, "smtp.expert.clear_login", NOTE, SECURITY, ONCE,
    "Login without TLS, by a mechanism that hides the password: use TLS all the same, since weak passwords can be guessed from the capture", "RFC 8314")
ROW(CLEAR_MAIL, "smtp.expert.clear_mail", NOTE, SECURITY, ONCE,
    "Mail in plaintext although STARTTLS was offered", "RFC 3207 6")
ROW(NO_TLS_RECORD, "smtp.expert.no_tls_record", WARN, PROTOCOL, ONCE,
    "No TLS after the 220 to STARTTLS: a device decrypts TLS before this point, or TLS was given up", NULL)
ROW(LIMIT, "smtp.expert.limit", NOTE, UNDECODED, EACH,
    "Tracking limit exceeded", NULL)
ROW(UNSYNCHRONIZED, "smtp.expert.unsynchronized", WARN, SEQUENCE, ONCE,
    "Unsynchronized: command sent before the reply to one that must be the last of a group (EHLO, AUTH, DATA ...). A broken client, or injected commands", "RFC 2920 3.1")
ROW(BODY_OCTETS, "smtp.expert.body_octets", NOTE, PROTOCOL, EACH,
    "Octets in the message that receivers may change, cut at or refuse: signatures (DKIM) can break", "RFC 5321 2.3.8, 4.5.2")
ROW(FAKE_END_TAKEN, "smtp.expert.fake_end_taken", ERROR, SECURITY, EACH,
    "SMTP smuggling succeeded: the server took a false end of the message for its end. Update the server; find what came after by its queue id", "VU#302671")
ROW(PIPELINE, "smtp.expert.pipelining", NOTE, SEQUENCE, ONCE,
    "Pipelining without PIPELINING being offered: commands may get lost. Many spam programs do this", "RFC 2920")
ROW(DUPLICATE_KEYWORD, "smtp.expert.duplicate_keyword", NOTE, PROTOCOL, EACH,
    "Duplicate keyword: an earlier line of this reply has the same one", NULL)
ROW(CLEAR_AFTER_TLS, "smtp.expert.clear_after_tls", WARN, SEQUENCE, EACH,
    "Plaintext after TLS was started: the handshake failed, or TLS has ended", NULL)
ROW(CHUNK_AS_COMMANDS, "smtp.expert.chunk_read_as_commands", ERROR, SECURITY, ONCE,
    "BDAT chunk taken for commands: the server did not read what follows as a chunk", NULL)
ROW(BAD_SIZE, "smtp.expert.bad_chunk_size", WARN, PROTOCOL, EACH,
    "Malformed BDAT: neither a number alone nor with LAST. Servers differ in what they make of it", NULL)
ROW(READ_ANEW, "smtp.expert.read_anew", WARN, ASSUMPTION, EACH,
    "Interpretation changed: this reply shows that what the client sent before means something else than was shown at first", NULL)
ROW(UNDECIDED, "smtp.expert.undecided", NOTE, ASSUMPTION, EACH,
    "Interpretation open: the server's replies have yet to show what these octets are. Later passes (tshark -2) show it", NULL)
ROW(BASE64, "smtp.base64_decode", WARN, MALFORMED, EACH,
    "base64 decode failed", NULL)
ROW(AUTH_MALFORMED, "smtp.expert.auth_malformed", WARN, MALFORMED, EACH,
    "Malformed message of the authentication exchange", NULL)
ROW(AUTH_NO_CHALLENGE, "smtp.expert.auth_no_challenge", NOTE, SEQUENCE, EACH,
    "Empty challenge: 334 without text", NULL)
ROW(ENHANCED_CLASS, "smtp.expert.enhanced_class", NOTE, RESPONSE_CODE, ONCE,
    "Class of the enhanced status code differs from the reply code's first digit", NULL)
ROW(STARTTLS_FIRST, "smtp.expert.starttls_first", NOTE, PROTOCOL, EACH,
    "Extension in place of the server's name: some clients do not look for extensions there", NULL)
ROW(BAD_PATH, "smtp.expert.bad_path", WARN, PROTOCOL, EACH,
    "Malformed path", NULL)
ROW(LOOSE_PATH, "smtp.expert.loose_path", NOTE, PROTOCOL, ONCE,
    "Path that strict servers refuse", NULL)
ROW(MESSAGE_INCOMPLETE, "smtp.expert.message_incomplete", NOTE, REASSEMBLE, EACH,
    "Message incomplete", NULL)
ROW(MESSAGE_ABOVE_LIMIT, "smtp.expert.message_above_limit", NOTE, PROTOCOL, EACH,
    "Message too large: it is above the limit that the server announced", NULL)
ROW(BAD_PARAMETER, "smtp.expert.bad_parameter", WARN, PROTOCOL, EACH,
    "Malformed parameter", NULL)
ROW(NEGATIVE_TIME, "smtp.expert.negative_time", NOTE, ASSUMPTION, EACH,
    "Negative time: the reply is older than its command. The clock was set back, or the packets of the capture are out of order", NULL)
ROW(BAD_KEYWORD, "smtp.expert.bad_keyword", WARN, MALFORMED, TIMES(10),
    "Malformed keyword: not made of letters, digits and '-' alone, or begins with '-'", NULL)
ROW(MASKED, "smtp.expert.masked", WARN, SECURITY, EACH,
    "Keyword masked: a middlebox has overwritten it, often to hide STARTTLS. Switch its SMTP inspection off", "Server Fault 398147 (Cisco PIX and ASA)")
ROW(CLEAR_MECHANISM, "smtp.expert.clear_mechanism", NOTE, SECURITY, ONCE,
    "Login exposed: offered without TLS by a mechanism whose password or token can be read from the connection", NULL)
ROW(TLS_BEFORE_CAPTURE, "smtp.expert.tls_before_capture", NOTE, ASSUMPTION, EACH,
    "TLS opened out of sight: before the capture began, or where octets are missing", NULL)
ROW(TLS_WITHOUT_STARTTLS, "smtp.expert.tls_without_starttls", WARN, SEQUENCE, EACH,
    "TLS without STARTTLS, on a port where SMTP begins in plaintext: the client expects port 465", NULL)
ROW(MIXED_LINE_ENDS, "smtp.expert.mixed_line_ends", WARN, SECURITY, ONCE_A_SIDE,
    "Mixed line ends: lines end now with CRLF, now with LF alone. Two servers may not agree where a line ends; look for injected lines", "CVE-2023-51766")
ROW(SMUGGLING_ATTEMPT, "smtp.expert.smuggling_attempt", ERROR, SECURITY, EACH,
    "SMTP smuggling attempt: a mail is hidden after a false end of the message. The sender's server should have refused it; check what the receiver did with it", "VU#302671")
ROW(LENIENT_END, "smtp.expert.lenient_end", NOTE, SECURITY, ONCE,
    "Bare LF accepted at the end of a message: this server can be tricked by SMTP smuggling. Update or configure it", "VU#302671")
ROW(CLEAR_PASSWORD, "smtp.expert.clear_password", WARN, SECURITY, EACH,
    "Password in plaintext: whoever sees this capture has the password or token. Change it; make the client use TLS", "RFC 4954 4, RFC 8314")
ROW(UNSTUFFED_DOT, "smtp.expert.unstuffed_dot", WARN, PROTOCOL, EACH,
    "Dot not doubled: a line began with a single dot, which the receiver removes. The sender's mails can be cut short", "RFC 5321 4.5.2")
ROW(LONG_TEXT_LINE, "smtp.expert.long_text_line", NOTE, PROTOCOL, EACH,
    "Long text line: more than 998 octets. Servers may cut, fold or refuse it, and DKIM breaks. Encode the message", "RFC 5321 4.5.3.1.6")
ROW(EIGHT_BIT, "smtp.expert.eight_bit", NOTE, PROTOCOL, EACH,
    "Undeclared 8-bit text: octets above 127 without BODY=8BITMIME. A relay may damage them", "RFC 6152")
ROW(TEXT_AFTER_REFUSAL, "smtp.expert.text_after_refusal", WARN, SEQUENCE, EACH,
    "Text after a refusal: the server refused the message and the client sends it all the same. Its lines are taken for commands", "RFC 5321 4.1.1.4")
ROW(FOREIGN_PROTOCOL, "smtp.expert.foreign_protocol", WARN, SECURITY, ONCE,
    "Foreign protocol: another protocol speaks to this mail server, or an old back door is tried. A scanner, an open-proxy test, or a browser led here", "ALPACA (USENIX Security 2021)")
ROW(STARTTLS_REFUSED, "smtp.expert.starttls_refused", WARN, SECURITY, ONCE,
    "STARTTLS refused although offered: certificate or TLS configuration is broken, or somebody answers in place of the server", "RFC 3207 4")
ROW(STARTTLS_VANISHED, "smtp.expert.starttls_vanished", WARN, SECURITY, ONCE,
    "STARTTLS vanished: this server offered it before. A device on the way may take it out (downgrade)", "Durumeric et al., IMC 2015")
ROW(TLS_FALLBACK, "smtp.expert.tls_fallback", WARN, SECURITY, ONCE,
    "Fallback to plaintext: after a TLS handshake that failed the client gives its mail in plaintext. Whoever can break handshakes can read it", "RFC 3207 4.1; RFC 7435")
ROW(REQUIRETLS, "smtp.expert.requiretls", WARN, SECURITY, ONCE,
    "REQUIRETLS cannot be promised: the sender demands TLS on the whole way, but this hop has none or does not offer it. The server must refuse", "RFC 8689 4.2")
ROW(MANY_FAILED_LOGINS, "smtp.expert.many_failed_logins", WARN, SECURITY, ONCE,
    "Many failed logins: somebody guesses passwords, or a client keeps a wrong one", "MITRE ATT&CK T1110")
ROW(LOGIN_AFTER_FAILURES, "smtp.expert.login_after_failures", WARN, SECURITY, ONCE,
    "Login succeeded after many failures: a password may have been guessed. Ask its owner, change it", "MITRE ATT&CK T1110")
ROW(KNOWN_TOOL, "smtp.expert.known_tool", WARN, SECURITY, ONCE,
    "EHLO name of a known tool: a password guesser or a scanner", "nmap smtp-commands; BitNinja (ylmf-pc)")
ROW(USER_REVEALED, "smtp.expert.user_revealed", NOTE, SECURITY, ONCE,
    "User revealed: the server tells who exists. Switch VRFY and EXPN off", "RFC 5321 7.3")
ROW(HARVESTING, "smtp.expert.harvesting", WARN, SECURITY, ONCE,
    "Many unknown recipients: addresses are being guessed, or a list is old", "nmap smtp-enum-users")
ROW(IDENTITY_REPLACED, "smtp.expert.identity_replaced", NOTE, SECURITY, ONCE,
    "Identity replaced: from here on the client speaks for another host. Addresses and names in logs are what it says", "Postfix XCLIENT_README")
ROW(EHLO_REFUSED, "smtp.expert.ehlo_refused", NOTE, PROTOCOL, ONCE,
    "EHLO refused: no extensions, no TLS. Something in between may do that", "RFC 5321 3.2")
ROW(LONG_COMMAND, "smtp.expert.long_command", WARN, PROTOCOL, ONCE,
    "Long command line: longer than servers must accept. A broken client, or a probe for buffer overflows", "RFC 5321 4.5.3.1.4")
ROW(TLS_CLOSED_IN_MESSAGE, "smtp.expert.tls_closed_in_message", ERROR, SECURITY, ONCE,
    "TLS was closed in the middle of a message and octets in plaintext follow: the attack on Exim with GnuTLS. Update Exim; treat the host as attacked", "CVE-2026-45185")
ROW(CLEAR_ON_TLS_PORT, "smtp.expert.clear_on_tls_port", WARN, SECURITY, ONCE,
    "Plaintext on a port for TLS: the server is misconfigured, or a device before it takes TLS off", "RFC 8314 3.3")
ROW(INJECTED_COMMAND, "smtp.expert.injected_command", ERROR, SECURITY, ONCE,
    "Injected command: a line break inside a name or address made commands of the rest. Fix the client; look for recipients that nobody entered", "CVE-2025-7962 (Jakarta Mail), CVE-2026-30227 (MimeKit)")
ROW(AMBIGUOUS_ADDRESS, "smtp.expert.ambiguous_address", WARN, SECURITY, TIMES(10),
    "Ambiguous address: programs read it differently, a trick to send the mail elsewhere than was checked", "GHSA-mm7p-fcc7-pg87 (nodemailer)")
ROW(RELAY_PROBE, "smtp.expert.relay_probe", WARN, SECURITY, TIMES(10),
    "Relay probe: an address form by which open relays are looked for. If it was accepted, the server may relay for anybody", "RFC 5321 F.2; nmap smtp-open-relay")
ROW(CODE_IN_ADDRESS, "smtp.expert.code_in_address", ERROR, SECURITY, ONCE,
    "Code in an address: an attempt to make the server run it. Check that it is up to date", "CVE-2019-10149 (Exim), CVE-2020-7247 (OpenSMTPD)")
ROW(NOT_OFFERED, "smtp.expert.not_offered", NOTE, PROTOCOL, EACH,
    "Not offered: the server will refuse this (555, 502)", "RFC 5321 2.2.1")
ROW(OUT_OF_ORDER, "smtp.expert.out_of_order", NOTE, SEQUENCE, EACH,
    "Out of order: the server will refuse this command (503)", "RFC 5321 4.1.4")
ROW(AUTH_DOWNGRADE, "smtp.expert.auth_downgrade", WARN, SECURITY, ONCE,
    "Downgrade of a login: the client went from a mechanism that hides the password to one that sends it, in plaintext. Possibly it was forced", "RFC 4422 6.1.2; CVE-2026-41319 (MailKit)")
ROW(HELLO_NAME, "smtp.expert.hello_name", NOTE, PROTOCOL, ONCE,
    "Hello name that many servers refuse: give a full host name, or the address in brackets", "RFC 5321 4.1.1.1")
ROW(HELLO_IS_SERVER, "smtp.expert.hello_is_server", NOTE, SECURITY, ONCE,
    "Hello with the server's own name: a spam bot, or a mail loop", "Postfix check_helo_access")
ROW(MAIL_LOOP, "smtp.expert.mail_loop", WARN, SEQUENCE, EACH,
    "Mail loop: the message has gone through more than 50 hops", "RFC 5321 6.3")
ROW(MAIL_ACCEPTED, "smtp.expert.mail_accepted", CHAT, RESPONSE_CODE, EACH,
    "Mail accepted: the server answers for it from now on", "RFC 5321 4.2.5")
ROW(REFUSED, "smtp.expert.refused", NOTE, RESPONSE_CODE, EACH,
    "Refused permanently", "RFC 5321 4.2.1")
ROW(DEFERRED, "smtp.expert.deferred", CHAT, RESPONSE_CODE, EACH,
    "Deferred: refused for now, the client tries again", "RFC 5321 4.2.1")
ROW(BLOCK_LIST, "smtp.expert.block_list", NOTE, RESPONSE_CODE, ONCE,
    "Block list: the client's address is on the list that the text names", "RFC 5782")
ROW(SLOW_REPLY, "smtp.expert.slow_reply", NOTE, SEQUENCE, TIMES(3),
    "Slow reply: clients give up after 5 minutes", "RFC 5321 4.5.3.2")
ROW(PROXY_HEADER, "smtp.expert.proxy_header", CHAT, PROTOCOL, ONCE,
    "PROXY header: a load balancer names the real client", "HAProxy PROXY protocol")
/* clang-format on */
