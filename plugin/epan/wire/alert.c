/* alert.c
 * Before a handshake has keys an alert is a record of two octets: level, description. Later ones are ciphertext, in
 * records of a type of their own (TLS 1.2) or of the type of application data (1.3): of those Wireshark keeps the
 * plaintext, if it has the keys.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "alert.h"

#include "../../core/tables/alerts.h"

/* RFC 8446 section 5.1. */
#define RECORD_HEADER    5
#define ALERT            21
#define APPLICATION_DATA 23
#define ALERT_OCTETS     2
#define CLOSE_NOTIFY     0
/* Octets of an alert that TLS 1.3 sends as application data: plaintext, type, tag; padding is hardly ever used. Lines
 * of SMTP are longer. */
#define DISGUISED_MAX (ALERT_OCTETS + 1 + 16)

static int proto_tls = -1;

static void note(const esmtp_call_t *call, uint8_t description)
{
    esmtp_conn_t *conn = call->conn;
    if (description == CLOSE_NOTIFY && !conn->tls_closed[call->side])
        conn->tls_closed[call->side] = call->pinfo->num;
    if (conn->whole.alert || !esmtp_alert_is_failure(description))
        return;
    conn->whole.alert = description;
    conn->whole.alert_of_server = esmtp_session_server(conn->session) == call->side;
    esmtp_session_handshake_failed(conn->session, call->pinfo->num);
}

/* Which TLS layer of the frame was the last one, from 1. */
static uint32_t layer_number(const packet_info *pinfo)
{
    uint32_t n = 0;
    for (wmem_list_frame_t *layer = wmem_list_head(pinfo->layers); layer; layer = wmem_list_frame_next(layer))
        n += GPOINTER_TO_INT(wmem_list_frame_data(layer)) == proto_tls;
    return n;
}

/* What Wireshark has decrypted of the last TLS layer, NULL if nothing. 4.4 keeps it for each layer by itself, 4.0 for
 * all of the frame as number 0. */
static const esmtp_tls_packet_t *decrypted_of(packet_info *pinfo)
{
    void *own = p_get_proto_data(wmem_file_scope(), pinfo, proto_tls, layer_number(pinfo));
    return own ? own : p_get_proto_data(wmem_file_scope(), pinfo, proto_tls, 0);
}

static void look_decrypted(const esmtp_call_t *call)
{
    const esmtp_tls_packet_t *packet = decrypted_of(call->pinfo);
    for (esmtp_tls_record_t *record = packet ? packet->records : NULL; record; record = record->next) {
        if (record->type == ALERT && record->data_len == ALERT_OCTETS)
            note(call, record->plain_data[1]);
    }
}

void esmtp_alert_look(const esmtp_call_t *call)
{
    esmtp_span_t rest = call->octets;
    bool decrypted = false;
    while (rest.len >= RECORD_HEADER + ALERT_OCTETS) {
        uint8_t type = rest.p[0];
        uint16_t len = (uint16_t)(rest.p[3] << 8 | rest.p[4]);
        if (type == ALERT && len == ALERT_OCTETS)
            note(call, rest.p[RECORD_HEADER + 1]);
        else
            decrypted |= type == ALERT || (type == APPLICATION_DATA && len <= DISGUISED_MAX);
        rest = esmtp_span_from(rest, RECORD_HEADER + (size_t)len);
    }
    if (decrypted)
        look_decrypted(call);
}

void esmtp_alert_handoff(void)
{
    proto_tls = proto_get_id_by_filter_name("tls");
}
