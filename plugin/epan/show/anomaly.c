/* anomaly.c
 * Anomalies as expert infos.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "anomaly.h"

#include "fields.h"

#define ANOMALIES 35

static expert_field fields[ANOMALIES];

/* One row per bit of ESMTP_AN_*, in that order. */
static ei_register_info infos[ANOMALIES] = {
    {&fields[0], {"smtp.expert.bare_lf", PI_PROTOCOL, PI_WARN, "Line ends with LF instead of CRLF", EXPFILL}},
    {&fields[1], {"smtp.expert.line_too_long", PI_PROTOCOL, PI_WARN, "Line without end: cut off here", EXPFILL}},
    {&fields[2], {"smtp.expert.no_line_end", PI_REASSEMBLE, PI_NOTE, "Line end not captured", EXPFILL}},
    {&fields[3],
     {"smtp.expert.control", PI_PROTOCOL, PI_WARN, "NUL or bare CR in a line, or CR CR LF at its end", EXPFILL}},
    {&fields[4],
     {"smtp.expert.client_first", PI_SEQUENCE, PI_WARN, "Client speaks before the server's greeting", EXPFILL}},
    {&fields[5], {"smtp.expert.no_command", PI_SEQUENCE, PI_WARN, "Reply without a command", EXPFILL}},
    {&fields[6],
     {"smtp.expert.not_reply", PI_MALFORMED, PI_WARN,
      "Line from the server is not a reply: it does not begin with a three-digit code", EXPFILL}},
    {&fields[7], {"smtp.expert.not_command", PI_MALFORMED, PI_WARN, "Line from the client is not a command", EXPFILL}},
    {&fields[8],
     {"smtp.response.code.unexpected", PI_PROTOCOL, PI_WARN, "Unexpected response code in multiline response",
      EXPFILL}},
    {&fields[9],
     {"smtp.expert.wrong_code", PI_RESPONSE_CODE, PI_WARN, "This code is no answer to this command", EXPFILL}},
    {&fields[10], {"smtp.expert.early_text", PI_SEQUENCE, PI_WARN, "Message text before the server's 354", EXPFILL}},
    {&fields[11],
     {"smtp.expert.early_auth", PI_SEQUENCE, PI_WARN, "Authentication data before the server's 334", EXPFILL}},
    {&fields[12], {"smtp.expert.early_reply", PI_SEQUENCE, PI_NOTE, "Reply before the end of the message", EXPFILL}},
    {&fields[13],
     {"smtp.expert.gap", PI_REASSEMBLE, PI_WARN,
      "Octets are missing here: not captured, or withheld by TCP (see the preferences tcp.reassemble_out_of_order and "
      "tcp.no_subdissector_on_error)",
      EXPFILL}},
    {&fields[14],
     {"smtp.expert.incomplete", PI_REASSEMBLE, PI_WARN, "Message is incomplete: octets of it are missing", EXPFILL}},
    {&fields[15],
     {"smtp.expert.fake_end", PI_SECURITY, PI_WARN,
      "Line ends in the message that some servers take for its end (SMTP smuggling)", EXPFILL}},
    {&fields[16],
     {"smtp.expert.clear_after_starttls", PI_SECURITY, PI_ERROR, "Command in clear behind STARTTLS (command injection)",
      EXPFILL}},
    {&fields[17],
     {"smtp.expert.clear_after_220", PI_SECURITY, PI_ERROR,
      "Reply in clear behind the 220 that opens TLS (response injection)", EXPFILL}},
    {&fields[18], {"smtp.expert.tls_twice", PI_PROTOCOL, PI_WARN, "STARTTLS inside TLS", EXPFILL}},
    {&fields[19],
     {"smtp.expert.clear_login", PI_SECURITY, PI_WARN, "Authentication in clear although STARTTLS was offered",
      EXPFILL}},
    {&fields[20],
     {"smtp.expert.clear_mail", PI_SECURITY, PI_NOTE, "Mail in clear although STARTTLS was offered", EXPFILL}},
    {&fields[21],
     {"smtp.expert.no_tls_record", PI_PROTOCOL, PI_WARN, "No TLS behind the 220: the session goes on in clear",
      EXPFILL}},
    {&fields[22],
     {"smtp.expert.over_limit", PI_ASSUMPTION, PI_WARN, "More than this dissector keeps track of", EXPFILL}},
    {&fields[23],
     {"smtp.expert.after_data", PI_SEQUENCE, PI_WARN, "Command behind DATA without waiting for its reply", EXPFILL}},
    {&fields[24], {"smtp.expert.body_nul", PI_PROTOCOL, PI_NOTE, "NUL in message text", EXPFILL}},
    {&fields[25],
     {"smtp.expert.fake_end_taken", PI_SECURITY, PI_ERROR,
      "The server took line ends that are not CRLF.CRLF for the end of the message", EXPFILL}},
    {&fields[26],
     {"smtp.expert.mechanism_not_offered", PI_PROTOCOL, PI_NOTE, "The server did not offer this mechanism", EXPFILL}},
    {&fields[27], {"smtp.expert.auth_twice", PI_SEQUENCE, PI_WARN, "AUTH after a login that succeeded", EXPFILL}},
    {&fields[28], {"smtp.expert.auth_in_mail", PI_SEQUENCE, PI_WARN, "AUTH inside a mail transaction", EXPFILL}},
    {&fields[29],
     {"smtp.expert.pipelining", PI_SEQUENCE, PI_NOTE, "Pipelined, but the server does not offer PIPELINING", EXPFILL}},
    {&fields[30],
     {"smtp.expert.duplicate_keyword", PI_PROTOCOL, PI_WARN, "An earlier line of this reply has the same keyword",
      EXPFILL}},
    {&fields[31],
     {"smtp.expert.clear_after_tls", PI_SEQUENCE, PI_WARN,
      "In clear although TLS was begun: its handshake failed, or it has ended", EXPFILL}},
    {&fields[32],
     {"smtp.expert.chunk_read_as_commands", PI_SECURITY, PI_ERROR,
      "BDAT: the server read what follows as commands, not as a chunk", EXPFILL}},
    {&fields[33],
     {"smtp.expert.bad_chunk_size", PI_PROTOCOL, PI_WARN,
      "BDAT: not a number alone or with LAST; servers differ in what they make of it", EXPFILL}},
    {&fields[34],
     {"smtp.expert.read_anew", PI_ASSUMPTION, PI_WARN,
      "This reply shows that what the client sent before means something else than was shown at first", EXPFILL}},
};

/* Octets are missing: what is known of them, by ESMTP_GAP_*. */
static const char *const gap_texts[] = {
    [ESMTP_GAP_NOT_CAPTURED] = "Octets are missing here: not captured. If they come later all the same TCP withholds "
                               "them, unless the preference tcp.reassemble_out_of_order is on",
    [ESMTP_GAP_WITHHELD] =
        "Octets are missing here: TCP withholds them, for they were sent again in another cut or out "
        "of order. The preference tcp.reassemble_out_of_order brings them, but hides what follows a "
        "true hole",
    [ESMTP_GAP_CUT] = "Octets are missing here: the capture holds only the first of this packet (snaplen)",
};

void esmtp_anomalies_add(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact)
{
    for (unsigned bit = 0; bit < ANOMALIES; bit++) {
        if (!(fact->anomalies & ESMTP_AN(bit)))
            continue;
        bool gap = ESMTP_AN(bit) == ESMTP_AN_GAP && fact->kind == ESMTP_FACT_GAP && fact->code != ESMTP_GAP_UNKNOWN;
        if (gap && fact->code < G_N_ELEMENTS(gap_texts))
            expert_add_info_format(pinfo, item, &fields[bit], "%s", gap_texts[fact->code]);
        else
            expert_add_info(pinfo, item, &fields[bit]);
    }
}

void esmtp_anomaly_register(void)
{
    for (size_t i = 0; i < ANOMALIES; i++)
        fields[i] = (expert_field)EI_INIT;
    esmtp_experts_register(infos, ANOMALIES);
}
