/* tree_session.c
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_session.h"

#include "fields.h"
#include "items.h"
#include "secrets.h"
#include "wanted.h"

/* Users that one connection lists at most. */
#define USERS_MAX 20

static int hf_session = -1;
static int hf_security = -1;
static int hf_outcome = -1;
static int hf_offered = -1;
static int hf_login = -1;
static int hf_user = -1;
static int hf_failed = -1;
static int hf_exposed = -1;
static int hf_mails = -1;
static int hf_accepted = -1;
static int hf_recipients = -1;
static int hf_refused = -1;
static int hf_octets = -1;
static int hf_errors = -1;
static int hf_last_error = -1;
static int hf_duration = -1;
static int hf_slowest = -1;
static int hf_findings = -1;
static int hf_finding = -1;
static int hf_worst = -1;
static int hf_complete = -1;
static int ett_session = -1;

static const value_string severities[] = {
    {PI_ERROR, "Error"}, {PI_WARN, "Warning"}, {PI_NOTE, "Note"}, {PI_CHAT, "Chat"}, {0, NULL}};
static const uint32_t severity_of[] = {
    [ESMTP_CHAT] = PI_CHAT, [ESMTP_NOTE] = PI_NOTE, [ESMTP_WARN] = PI_WARN, [ESMTP_ERROR] = PI_ERROR};

/* --- logins --------------------------------------------------------------------------------------- */

static bool is_listed(const esmtp_login_t *from, const esmtp_login_t *login)
{
    while (from != login && (!from->user || strcmp(from->user, login->user) != 0))
        from = from->before;
    return from != login;
}

static void logins_add(esmtp_show_t *show, proto_tree *tree, const esmtp_summary_t *sum, const esmtp_totals_t *totals)
{
    unsigned n = 0;
    esmtp_add_gen_words(tree, hf_login, show->tvb, esmtp_summary_login(sum));
    for (const esmtp_login_t *login = sum->logins; login && n < USERS_MAX; login = login->before) {
        if (!login->user || is_listed(sum->logins, login))
            continue;
        esmtp_add_gen_string(tree, hf_user, show->tvb, esmtp_text(show->pinfo->pool, login->user, strlen(login->user)));
        n++;
    }
    esmtp_add_gen_uint(tree, hf_failed, show->tvb, totals->logins_failed);
    if (sum->exposed)
        esmtp_add_gen_true(tree, hf_exposed, show->tvb);
}

/* --- findings ------------------------------------------------------------------------------------- */

/* Adds their names; returns how many are warnings or errors. */
static uint32_t findings_add(esmtp_show_t *show, proto_tree *tree, const esmtp_summary_t *sum)
{
    uint32_t n = 0;
    uint8_t worst = 0;
    bool any = false;
    for (unsigned id = 1; id < ESMTP_FINDINGS; id++) {
        const esmtp_finding_row_t *row = &esmtp_finding_rows[id];
        if (!esmtp_findings_have(&sum->found, (esmtp_finding_id_t)id))
            continue;
        any = true;
        worst = MAX(worst, row->severity);
        if (row->severity < ESMTP_WARN)
            continue;
        n++;
        esmtp_add_gen_words(tree, hf_finding, show->tvb, esmtp_finding_short_name((esmtp_finding_id_t)id));
    }
    esmtp_add_gen_uint(tree, hf_findings, show->tvb, n);
    if (any)
        proto_item_set_generated(proto_tree_add_uint(tree, hf_worst, show->tvb, 0, 0, severity_of[worst]));
    return n;
}

/* --- the whole ------------------------------------------------------------------------------------ */

static void mails_add(esmtp_show_t *show, proto_tree *tree, const esmtp_totals_t *t)
{
    esmtp_add_gen_uint(tree, hf_mails, show->tvb, t->mails);
    esmtp_add_gen_uint(tree, hf_accepted, show->tvb, t->accepted);
    esmtp_add_gen_uint(tree, hf_recipients, show->tvb, t->recipients);
    esmtp_add_gen_uint(tree, hf_refused, show->tvb, t->recipients_refused);
    esmtp_add_gen_uint64(tree, hf_octets, show->tvb, t->octets);
}

static void errors_add(esmtp_show_t *show, proto_tree *tree, const esmtp_summary_t *sum)
{
    esmtp_add_gen_uint(tree, hf_errors, show->tvb, sum->errors);
    if (!sum->error)
        return;
    bool hidden = sum->error_secret && esmtp_secrets_hidden_in_items();
    const char *text = hidden ? ESMTP_MASK : esmtp_text(show->pinfo->pool, sum->error, strlen(sum->error));
    esmtp_add_gen_string(tree, hf_last_error, show->tvb,
                         wmem_strdup_printf(show->pinfo->pool, "%u %s", sum->error_code, text));
}

static void times_add(esmtp_show_t *show, proto_tree *tree, const esmtp_summary_t *sum)
{
    const esmtp_verb_row_t *row = esmtp_verb_by_number(sum->slowest_verb);
    esmtp_add_gen_time(tree, hf_duration, show->tvb, sum->ended - sum->began);
    if (!sum->slowest)
        return;
    proto_item *item = esmtp_add_gen_time(tree, hf_slowest, show->tvb, sum->slowest);
    proto_item_append_text(item, " (%s)", row ? row->verb : "greeting");
}

static void label_add(proto_item *item, const esmtp_summary_t *sum, const esmtp_totals_t *t, const char *security,
                      const char *outcome, uint32_t findings)
{
    proto_item_append_text(item, "%s; %s", outcome, security);
    if (t->mails)
        proto_item_append_text(item, "; %u mail%s, %u accepted", t->mails, plurality(t->mails, "", "s"), t->accepted);
    if (sum->logins)
        proto_item_append_text(item, "; login %s", esmtp_summary_login(sum));
    if (findings)
        proto_item_append_text(item, "; %u finding%s", findings, plurality(findings, "", "s"));
}

void esmtp_session_add(esmtp_show_t *show, const esmtp_summary_t *sum, const esmtp_around_t *around)
{
    esmtp_totals_t totals;
    if (!show->tree || !(show->wanted & ESMTP_WANT_SESSION))
        return;
    esmtp_summary_count(sum, &totals);
    const char *security = esmtp_summary_security(sum, around->tls_records);
    const char *outcome = esmtp_summary_outcome(sum, &totals, around->tls_records);
    proto_item *item = proto_tree_add_none_format(show->tree, hf_session, show->tvb, 0, 0, "Connection: ");
    proto_tree *tree = proto_item_add_subtree(item, ett_session);
    proto_item_set_generated(item);
    esmtp_add_gen_words(tree, hf_security, show->tvb, security);
    esmtp_add_gen_words(tree, hf_outcome, show->tvb, outcome);
    if (sum->offer_known)
        proto_item_set_generated(proto_tree_add_boolean(tree, hf_offered, show->tvb, 0, 0, sum->starttls_offered));
    logins_add(show, tree, sum, &totals);
    mails_add(show, tree, &totals);
    errors_add(show, tree, sum);
    times_add(show, tree, sum);
    label_add(item, sum, &totals, security, outcome, findings_add(show, tree, sum));
    proto_item_set_generated(
        proto_tree_add_boolean(tree, hf_complete, show->tvb, 0, 0, sum->opened && around->closed && !sum->holed));
}

void esmtp_session_register(void)
{
    static hf_register_info hf[] = {
        {&hf_session,
         {"Connection", "smtp.session", FT_NONE, BASE_NONE, NULL, 0,
          "The connection as a whole: on its last frame, or on the reply that ends it", HFILL}},
        {&hf_security,
         {"Security", "smtp.session.security", FT_STRING, BASE_NONE, NULL, 0,
          "tls, starttls, clear, and why it is not TLS; attacked", HFILL}},
        {&hf_outcome,
         {"Outcome", "smtp.session.outcome", FT_STRING, BASE_NONE, NULL, 0, "What became of the connection", HFILL}},
        {&hf_offered,
         {"STARTTLS offered", "smtp.session.starttls_offered", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "By the last EHLO reply in plaintext", HFILL}},
        {&hf_login,
         {"Login", "smtp.session.login", FT_STRING, BASE_NONE, NULL, 0,
          "Of the last attempt: none, succeeded, failed, cancelled, open", HFILL}},
        {&hf_user, {"User", "smtp.session.login.user", FT_STRING, BASE_NONE, NULL, 0, "Each user", HFILL}},
        {&hf_failed,
         {"Failed logins", "smtp.session.login.failed", FT_UINT32, BASE_DEC, NULL, 0, "Attempts that failed", HFILL}},
        {&hf_exposed,
         {"Login exposed", "smtp.session.login.exposed", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "A password or token went in plaintext", HFILL}},
        {&hf_mails, {"Mails", "smtp.session.mails", FT_UINT32, BASE_DEC, NULL, 0, "MAIL commands", HFILL}},
        {&hf_accepted, {"Accepted mails", "smtp.session.mails.accepted", FT_UINT32, BASE_DEC, NULL, 0, NULL, HFILL}},
        {&hf_recipients,
         {"Recipients", "smtp.session.recipients", FT_UINT32, BASE_DEC, NULL, 0, "RCPT commands", HFILL}},
        {&hf_refused,
         {"Refused recipients", "smtp.session.recipients.refused", FT_UINT32, BASE_DEC, NULL, 0,
          "LMTP: after the message as well", HFILL}},
        {&hf_octets, {"Octets", "smtp.session.octets", FT_UINT64, BASE_DEC, NULL, 0, "Of accepted messages", HFILL}},
        {&hf_errors,
         {"Errors", "smtp.session.errors", FT_UINT32, BASE_DEC, NULL, 0, "Replies of class 4 and 5", HFILL}},
        {&hf_last_error,
         {"Last error", "smtp.session.last_error", FT_STRING, BASE_NONE, NULL, 0,
          "Code and first line of the last of them", HFILL}},
        {&hf_duration,
         {"Duration", "smtp.session.duration", FT_RELATIVE_TIME, BASE_NONE, NULL, 0,
          "From the SYN, or the first line, to the last line", HFILL}},
        {&hf_slowest,
         {"Slowest reply", "smtp.session.slowest", FT_RELATIVE_TIME, BASE_NONE, NULL, 0, "Longest time of a reply",
          HFILL}},
        {&hf_findings,
         {"Findings", "smtp.session.findings", FT_UINT32, BASE_DEC, NULL, 0,
          "Warnings and errors of the connection, each counted once", HFILL}},
        {&hf_finding,
         {"Finding", "smtp.session.finding", FT_STRING, BASE_NONE, NULL, 0, "Name of one, without smtp.expert.",
          HFILL}},
        {&hf_worst,
         {"Worst finding", "smtp.session.worst", FT_UINT32, BASE_HEX, VALS(severities), 0,
          "Highest severity of what was found, notes and chats included", HFILL}},
        {&hf_complete,
         {"Complete", "smtp.session.complete", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "Beginning and end are in the capture, and nothing is missing: only then does no finding mean that there was "
          "none",
          HFILL}},
    };
    static int *ett[] = {&ett_session};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
