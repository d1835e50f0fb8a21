/* findings.c
 * Findings as expert infos: one field per row of the table.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "findings.h"

#include "fields.h"
#include "wanted.h"

static expert_field fields[ESMTP_FINDINGS];

static const int severities[] = {
    [ESMTP_CHAT] = PI_CHAT, [ESMTP_NOTE] = PI_NOTE, [ESMTP_WARN] = PI_WARN, [ESMTP_ERROR] = PI_ERROR};

/* Octets are missing: what is known of them, by ESMTP_GAP_*. */
static const char *const gap_texts[] = {
    [ESMTP_GAP_NOT_CAPTURED] = "Octets missing: not captured. If they come later all the same, TCP withholds "
                               "them, unless the preference tcp.reassemble_out_of_order is on",
    [ESMTP_GAP_WITHHELD] = "Octets missing: TCP withholds them, since they were sent again in other segments or out "
                           "of order. The preference tcp.reassemble_out_of_order brings them, but hides what follows a "
                           "true hole",
    [ESMTP_GAP_CUT] = "Octets missing: the capture holds only the beginning of this packet (snaplen)",
};

/* What was found in octets in the call that was shown last. */
static esmtp_finding_set_t of_octets;

void esmtp_findings_begin(void)
{
    of_octets = (esmtp_finding_set_t){0};
}

const esmtp_finding_set_t *esmtp_findings_said(void)
{
    return &of_octets;
}

/* Notes what the session cannot know, and what is looked for at the first visit whoever reads the packet. */
static void note(esmtp_finding_id_t id)
{
    switch (id) {
    case ESMTP_FINDING_BAD_PATH:
    case ESMTP_FINDING_BAD_PARAMETER:
    case ESMTP_FINDING_AUTH_MALFORMED:
    case ESMTP_FINDING_AUTH_NO_CHALLENGE:
    case ESMTP_FINDING_BASE64: esmtp_findings_put(&of_octets, id); break;
    default: break;
    }
}

expert_field *esmtp_finding_field(esmtp_finding_id_t id)
{
    return &fields[id];
}

void esmtp_finding_add(packet_info *pinfo, proto_item *item, esmtp_finding_id_t id)
{
    note(id);
    expert_add_info(pinfo, item, &fields[id]);
}

void esmtp_finding_add_format(packet_info *pinfo, proto_item *item, esmtp_finding_id_t id, const char *format, ...)
{
    va_list args;
    note(id);
    va_start(args, format);
    const char *text = wmem_strdup_vprintf(pinfo->pool, format, args);
    va_end(args);
    expert_add_info_format(pinfo, item, &fields[id], "%s", text);
}

/* What to say in place of the row's text; NULL: nothing else. */
static const char *text_of(const esmtp_fact_t *fact, const esmtp_finding_t *finding)
{
    bool gap = finding->id == ESMTP_FINDING_GAP && fact->kind == ESMTP_FACT_GAP;
    if (gap && fact->code != ESMTP_GAP_UNKNOWN && fact->code < G_N_ELEMENTS(gap_texts))
        return gap_texts[fact->code];
    return finding->what;
}

/* What belongs to a keyword of an EHLO reply rather than to the reply. */
static bool is_of_extension(const esmtp_fact_t *fact, unsigned id)
{
    bool keyword = id == ESMTP_FINDING_MASKED || id == ESMTP_FINDING_BAD_KEYWORD || id == ESMTP_FINDING_CLEAR_MECHANISM;
    return keyword && fact->kind == ESMTP_FACT_REPLY && fact->flags & ESMTP_FF_HELLO;
}

static bool is_refusal(unsigned id)
{
    return id == ESMTP_FINDING_REFUSED || id == ESMTP_FINDING_DEFERRED;
}

/* Findings whose words are put together where the reply is shown. */
static bool is_shown_by_reply(unsigned id)
{
    return is_refusal(id) || id == ESMTP_FINDING_MAIL_ACCEPTED;
}

static void show_one(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact, const esmtp_finding_t *finding)
{
    const char *text = text_of(fact, finding);
    if (text)
        esmtp_finding_add_format(pinfo, item, (esmtp_finding_id_t)finding->id, "%s", text);
    else
        esmtp_finding_add(pinfo, item, (esmtp_finding_id_t)finding->id);
}

void esmtp_findings_of_extension(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact)
{
    for (const esmtp_finding_t *finding = fact->findings; finding; finding = finding->next) {
        if (is_of_extension(fact, finding->id))
            show_one(pinfo, item, fact, finding);
    }
}

void esmtp_refusal_show(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact, const char *said)
{
    for (const esmtp_finding_t *finding = fact->findings; finding; finding = finding->next) {
        if (is_refusal(finding->id))
            esmtp_finding_add_format(pinfo, item, (esmtp_finding_id_t)finding->id, "%s: %s",
                                     finding->id == ESMTP_FINDING_REFUSED ? "Refused permanently" : "Deferred", said);
    }
}

void esmtp_mail_accepted_show(packet_info *pinfo, proto_item *item, const esmtp_fact_t *fact, const char *said)
{
    if (esmtp_fact_has(fact, ESMTP_FINDING_MAIL_ACCEPTED))
        esmtp_finding_add_format(pinfo, item, ESMTP_FINDING_MAIL_ACCEPTED, "Mail accepted: %s", said);
}

/* The finding of a fact that comes after that row of the table; NULL: none does. */
static const esmtp_finding_t *next_by_row(const esmtp_fact_t *fact, unsigned id)
{
    const esmtp_finding_t *next = NULL;
    for (const esmtp_finding_t *finding = fact->findings; finding; finding = finding->next) {
        if (finding->id > id && (!next || finding->id < next->id))
            next = finding;
    }
    return next;
}

/* Whether anybody sees an expert info: whoever reads them, or nobody, but it is worse than all before it in the file,
 * which Wireshark's status bar tells by a colour. */
static bool is_seen(uint32_t wanted, unsigned id)
{
    return wanted & ESMTP_WANT_EXPERT || severities[esmtp_finding_rows[id].severity] > expert_get_highest_severity();
}

void esmtp_findings_show(packet_info *pinfo, uint32_t wanted, proto_item *item, const esmtp_fact_t *fact)
{
    const esmtp_finding_t *finding = next_by_row(fact, ESMTP_FINDING_NONE);
    for (; finding; finding = next_by_row(fact, finding->id)) {
        if (!is_of_extension(fact, finding->id) && !is_shown_by_reply(finding->id) && is_seen(wanted, finding->id))
            show_one(pinfo, item, fact, finding);
    }
}

void esmtp_findings_register(void)
{
    static ei_register_info infos[ESMTP_FINDINGS - 1];
    static const int groups[] = {
        [ESMTP_ABOUT_PROTOCOL] = PI_PROTOCOL,     [ESMTP_ABOUT_SEQUENCE] = PI_SEQUENCE,
        [ESMTP_ABOUT_MALFORMED] = PI_MALFORMED,   [ESMTP_ABOUT_RESPONSE_CODE] = PI_RESPONSE_CODE,
        [ESMTP_ABOUT_REASSEMBLE] = PI_REASSEMBLE, [ESMTP_ABOUT_SECURITY] = PI_SECURITY,
        [ESMTP_ABOUT_ASSUMPTION] = PI_ASSUMPTION, [ESMTP_ABOUT_UNDECODED] = PI_UNDECODED,
    };
    for (unsigned id = 1; id < ESMTP_FINDINGS; id++) {
        const esmtp_finding_row_t *row = &esmtp_finding_rows[id];
        fields[id] = (expert_field)EI_INIT;
        infos[id - 1] = (ei_register_info){
            &fields[id], {row->name, groups[row->about], severities[row->severity], row->text, EXPFILL}};
    }
    esmtp_experts_register(infos, G_N_ELEMENTS(infos));
}
