/* tree_session.c
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_session.h"

#include "../../core/tables/needs.h"
#include "fields.h"
#include "items.h"
#include "tree_common.h"
#include "wanted.h"

static int hf_session = -1;
static int hf_security = -1;
static int hf_outcome = -1;
static int hf_offered = -1;
static int hf_unused = -1;
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

/* --- its parts ------------------------------------------------------------------------------------ */

static void logins_add(esmtp_show_t *show, proto_tree *tree, const esmtp_connection_t *c, const esmtp_totals_t *t)
{
    const char *users[ESMTP_USERS_MAX];
    unsigned n = esmtp_connection_users(c, users);
    esmtp_add_gen_words(tree, hf_login, show->tvb, esmtp_summary_login(c->sum));
    for (unsigned i = 0; i < n; i++)
        esmtp_add_gen_string(tree, hf_user, show->tvb, esmtp_text(show->pinfo->pool, users[i], strlen(users[i])));
    esmtp_add_gen_uint(tree, hf_failed, show->tvb, t->logins_failed);
    if (c->sum->exposed)
        esmtp_add_gen_true(tree, hf_exposed, show->tvb);
}

/* Adds their names; returns how many are warnings or errors. */
static uint32_t findings_add(esmtp_show_t *show, proto_tree *tree, const esmtp_connection_t *c)
{
    esmtp_finding_id_t ids[ESMTP_FINDINGS];
    unsigned n = esmtp_connection_findings(c, ids);
    uint32_t worst = esmtp_connection_worst(c);
    for (unsigned i = 0; i < n; i++)
        esmtp_add_gen_words(tree, hf_finding, show->tvb, esmtp_finding_short_name(ids[i]));
    esmtp_add_gen_uint(tree, hf_findings, show->tvb, n);
    if (worst)
        proto_item_set_generated(proto_tree_add_uint(tree, hf_worst, show->tvb, 0, 0, worst));
    return n;
}

static void mails_add(esmtp_show_t *show, proto_tree *tree, const esmtp_totals_t *t)
{
    esmtp_add_gen_uint(tree, hf_mails, show->tvb, t->mails);
    esmtp_add_gen_uint(tree, hf_accepted, show->tvb, t->accepted);
    esmtp_add_gen_uint(tree, hf_recipients, show->tvb, t->recipients);
    esmtp_add_gen_uint(tree, hf_refused, show->tvb, t->recipients_refused);
    esmtp_add_gen_uint64(tree, hf_octets, show->tvb, t->octets);
}

static void errors_add(esmtp_show_t *show, proto_tree *tree, const esmtp_connection_t *c)
{
    const char *last = esmtp_connection_error(show->pinfo->pool, c);
    esmtp_add_gen_uint(tree, hf_errors, show->tvb, c->sum->errors);
    if (last)
        esmtp_add_gen_string(tree, hf_last_error, show->tvb, last);
}

static void times_add(esmtp_show_t *show, proto_tree *tree, const esmtp_connection_t *c)
{
    esmtp_add_gen_time(tree, hf_duration, show->tvb, c->sum->ended - c->sum->began);
    if (!c->sum->slowest)
        return;
    proto_item *item = esmtp_add_gen_time(tree, hf_slowest, show->tvb, c->sum->slowest);
    proto_item_append_text(item, " (%s)", esmtp_connection_slowest_verb(c));
}

/* Extensions that were offered and never used, as the client might have done: known when nothing more can come. */
static void unused_add(esmtp_show_t *show, proto_tree *tree, const esmtp_summary_t *sum)
{
    uint32_t unused = show->later ? sum->offered & ~sum->used : 0;
    for (int use = 0; unused; use++, unused >>= 1) {
        if (unused & 1)
            esmtp_add_gen_words(tree, hf_unused, show->tvb, esmtp_need_keyword(use));
    }
}

/* --- the whole ------------------------------------------------------------------------------------ */

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

void esmtp_session_add(esmtp_show_t *show)
{
    const esmtp_connection_t *c = show->connection;
    esmtp_totals_t totals;
    if (!show->tree || !(show->wanted & ESMTP_WANT_SESSION))
        return;
    esmtp_summary_count(c->sum, &totals);
    const char *security = esmtp_connection_security(c), *outcome = esmtp_connection_outcome(c, &totals);
    proto_item *item = proto_tree_add_none_format(show->tree, hf_session, show->tvb, 0, 0, "Connection: ");
    proto_tree *tree = proto_item_add_subtree(item, ett_session);
    proto_item_set_generated(item);
    esmtp_add_gen_words(tree, hf_security, show->tvb, security);
    esmtp_add_gen_words(tree, hf_outcome, show->tvb, outcome);
    esmtp_alert_add(show, tree);
    if (c->sum->offer_known)
        proto_item_set_generated(proto_tree_add_boolean(tree, hf_offered, show->tvb, 0, 0, c->sum->starttls_offered));
    logins_add(show, tree, c, &totals);
    mails_add(show, tree, &totals);
    errors_add(show, tree, c);
    times_add(show, tree, c);
    unused_add(show, tree, c->sum);
    label_add(item, c->sum, &totals, security, outcome, findings_add(show, tree, c));
    proto_item_set_generated(
        proto_tree_add_boolean(tree, hf_complete, show->tvb, 0, 0, esmtp_connection_is_complete(c)));
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
        {&hf_unused,
         {"Unused extension", "smtp.ehlo.unused", FT_STRING, BASE_NONE, NULL, 0,
          "Offered, and never used by the client; those only of which one can see it", HFILL}},
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
         {"Warnings and errors", "smtp.session.findings", FT_UINT32, BASE_DEC, NULL, 0,
          "Warnings and errors of the connection, each counted once", HFILL}},
        {&hf_finding,
         {"Finding", "smtp.session.finding", FT_STRING, BASE_NONE, NULL, 0, "Name of one, without smtp.expert.",
          HFILL}},
        {&hf_worst,
         {"Highest severity", "smtp.session.worst", FT_UINT32, BASE_HEX, VALS(esmtp_severities), 0,
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
