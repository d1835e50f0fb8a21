/* command_findings.c
 * What is odd, wrong or dangerous in what the client sends: one function for each condition of a command line.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../parse/suspect.h"
#include "../tables/needs.h"
#include "session_priv.h"

/* Octets of a command line, its end included, that servers must take: RFC 5321 section 4.5.3.1.4; with the parameters
 * of SIZE, DSN, AUTH and others; Exchange's own verb. */
#define LINE_MAX_COMMAND  512
#define LINE_MAX_ENVELOPE 2048
#define LINE_MAX_LINK     520

/* Ports on which mail servers talk to one another, and LMTP. */
#define PORT_SMTP 25
#define PORT_LMTP 24

/* Whether a command must be the last of a batch: what follows depends on its reply. RFC 2920 section 3.1. */
static bool ends_batch(const esmtp_verb_row_t *row)
{
    if (!row)
        return false;
    if (row->flags & (ESMTP_VF_HELLO | ESMTP_VF_AUTH | ESMTP_VF_SWAP) || row->payload == ESMTP_PAYLOAD_TEXT)
        return true;
    return row->id == ESMTP_VERB_HELO || row->id == ESMTP_VERB_QUIT || row->id == ESMTP_VERB_VRFY ||
           row->id == ESMTP_VERB_EXPN;
}

/* Whether a command was sent while one that ends a batch waits. Before the greeting all is too early, and said so. */
static bool breaks_batch(const esmtp_session_t *s, const esmtp_stamp_t *at)
{
    const esmtp_pending_t *last = esmtp_pairing_last(&s->pairing);
    bool asked = last && last->login && last->login->server_messages; /* it gives up rather than answer */
    return last && ends_batch(last->row) && !asked && s->greeted && !last->early && esmtp_session_server_watched(s, at);
}

/* Names under which programs for attacks and scans say hello. */
static bool is_known_tool(esmtp_span_t name)
{
    static const char *const tools[] = {"ylmf-pc", "hydra", "nmap.scanme.org", "nessus", "mail.nessus.org"};
    for (size_t i = 0; i < G_N_ELEMENTS(tools); i++) {
        if (esmtp_span_is(name, tools[i]))
            return true;
    }
    return false;
}

/* Header fields with which HTTP goes on. */
static bool is_http_header(esmtp_span_t verb)
{
    static const char *const fields[] = {"Host:",   "User-Agent:", "Accept", "Content-",
                                         "Cookie:", "Referer:",    "Origin:"};
    if (esmtp_span_find(verb, ':') == verb.len)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (esmtp_span_starts(verb, fields[i]))
            return true;
    }
    return false;
}

/* Whether another protocol speaks, or a back door of old servers is tried. */
static bool is_foreign(const esmtp_client_event_t *event)
{
    const esmtp_command_t *command = &event->command;
    if (command->row)
        return command->row->flags & (ESMTP_VF_NOT_SMTP | ESMTP_VF_PROBE);
    return esmtp_span_starts(command->verb, "SSH-") || is_http_header(command->verb);
}

/* Whether a line reads as the header of a message that was refused. */
static bool is_header(const esmtp_client_event_t *event)
{
    esmtp_span_t verb = event->command.verb;
    return !event->command.row && verb.len > 1 && verb.p[verb.len - 1] == ':';
}

/* What is wrong with a line that is no command. */
static void line_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    bool refused = s->data_refused, no_command = !event->command.named;
    no_command |= !event->command.row && !event->command.plausible;
    s->data_refused = false;
    if (is_foreign(event))
        esmtp_session_raise(s, fact, ESMTP_FINDING_FOREIGN_PROTOCOL);
    else if (refused && event->line.len && (no_command || is_header(event)))
        esmtp_session_raise(s, fact, ESMTP_FINDING_TEXT_AFTER_REFUSAL);
    else if (no_command && !event->line.nul && !event->line.bare_cr)
        esmtp_session_raise(s, fact, ESMTP_FINDING_NOT_COMMAND);
}

/* --- how commands follow one another --------------------------------------------------------------- */

static bool is_verb(const esmtp_verb_row_t *row, esmtp_verb_t id)
{
    return row && row->id == id;
}

/* Whether a command came before the reply to another one, though the server never said that it takes that. */
static bool is_rash(const esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    bool offered = s->offer && s->offer->pipelining, batch = event->nth > 0 && s->offer;
    bool waits = esmtp_session_is_pipelined(s, at) && esmtp_session_server_watched(s, at);
    bool apart = s->goodbye || at->tls_over || s->xack_off || esmtp_session_takes_no_chunks(s);
    return s->hello_seen && !offered && !apart && (batch || waits);
}

/* What is out of order in a command that was sent when nothing waited for a reply, so that the client knew better.
 * NULL: nothing is. RFC 5321 section 4.1.4. */
static const char *disorder(const esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    const esmtp_verb_row_t *row = event->command.row;
    const esmtp_txn_t *txn = s->txn && !s->txn->closed ? s->txn : NULL;
    bool message = row->payload == ESMTP_PAYLOAD_TEXT || row->payload == ESMTP_PAYLOAD_CHUNK;
    bool greeted = s->hello && s->hello_seen, chunks = s->message && s->message->bdat && !s->message->refused;
    if (is_verb(row, ESMTP_VERB_MAIL) && !greeted)
        return "Out of order: MAIL before a hello was accepted. Servers refuse that (503)";
    if (is_verb(row, ESMTP_VERB_MAIL) && txn && txn->mail_code / 100 == 2)
        return "Out of order: MAIL inside another mail. Servers refuse that (503)";
    if ((is_verb(row, ESMTP_VERB_RCPT) || message) && (!txn || txn->mail_code >= 400))
        return "Out of order: no MAIL was accepted before. Servers refuse that (503)";
    if (message && !txn->n_accepted && !s->xack_off)
        return "Out of order: no recipient was accepted. Servers refuse that (503, 554)";
    if (row->payload == ESMTP_PAYLOAD_TEXT && (chunks || txn->binary))
        return "Out of order: DATA in a mail that has to come by BDAT. Servers refuse that (503)";
    if (row->flags & ESMTP_VF_AUTH && s->logged_in)
        return "Out of order: AUTH after a login that succeeded. Servers refuse that (503)";
    if (row->flags & ESMTP_VF_AUTH && txn)
        return "Out of order: AUTH inside a mail. Servers refuse that (503)";
    if (row->flags & ESMTP_VF_TLS && txn && !at->tls)
        return "Out of order: STARTTLS inside a mail. Servers may refuse that (503)";
    return NULL;
}

static void order_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                           const esmtp_client_event_t *event)
{
    bool watched = s->opened && !s->client_gap && !s->pairing.n && esmtp_session_server_watched(s, at);
    const char *what = watched ? disorder(s, at, event) : NULL;
    uint64_t bit = UINT64_C(1) << fact->verb % 64;
    if (what && !(s->told.disorder & bit)) {
        s->told.disorder |= bit;
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_OUT_OF_ORDER, what);
    }
}

/* Which extensions a command uses. */
static void note_use(esmtp_session_t *s, const esmtp_stamp_t *at, const esmtp_client_event_t *event)
{
    int verb = esmtp_use_of_verb(event->command.row);
    s->sum->used |= (uint32_t)event->needs;
    if (verb >= 0)
        s->sum->used |= UINT32_C(1) << verb;
    if (s->hello_seen && (event->nth > 0 || esmtp_session_is_pipelined(s, at)))
        s->sum->used |= UINT32_C(1) << esmtp_use_of_pipelining();
}

/* What the client may not know to be there. */
static void offer_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    uint64_t needs = event->needs;
    int verb = esmtp_need_of_verb(event->command.row);
    if (!s->offer || s->offer->partial)
        return;
    if (verb >= 0)
        needs |= UINT64_C(1) << verb;
    needs &= ~s->told.not_offered;
    for (int need = 0; needs; need++, needs >>= 1) {
        if (!(needs & 1) || esmtp_offer_has(s->offer, esmtp_need_keyword(need)))
            continue;
        s->told.not_offered |= UINT64_C(1) << need;
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_NOT_OFFERED, esmtp_need_text(need));
    }
}

/* --- names and addresses ---------------------------------------------------------------------------- */

static const char *odd_name(const esmtp_session_t *s, const esmtp_client_event_t *event)
{
    bool between_servers = s->ends.port == PORT_SMTP || s->ends.port == PORT_LMTP;
    if (!event->command.parameter.len)
        return "Hello without a name: many servers refuse that. Give a full host name, or the address in brackets";
    return between_servers && !s->ends.same && esmtp_suspect_hello(event->name)
               ? "Hello name that many servers refuse: give a full host name, or the address in brackets"
               : NULL;
}

static void hello_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    const char *odd = odd_name(s, event);
    if (odd)
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_HELLO_NAME, odd);
    if (is_known_tool(event->command.parameter))
        esmtp_session_raise(s, fact, ESMTP_FINDING_KNOWN_TOOL);
    if (s->server_name && !s->ends.same && s->ends.port && esmtp_span_is(event->name, s->server_name))
        esmtp_session_raise(s, fact, ESMTP_FINDING_HELLO_IS_SERVER);
}

/* What strict servers refuse of a path; NULL: nothing. */
static const char *loose_path(const esmtp_client_event_t *event)
{
    const esmtp_path_t *path = &event->path;
    bool postmaster = !(event->command.row->flags & ESMTP_VF_FROM) && esmtp_span_is(path->local, "postmaster");
    if (path->form == ESMTP_PATH_BARE)
        return "No '<' and '>' around the address";
    if (path->form == ESMTP_PATH_LOCAL && !postmaster)
        return "No domain after the local part";
    if (path->space_before)
        return "Blank after the colon";
    return event->command.trailing_space ? "Blank at the end of the line" : NULL;
}

static void envelope_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    const esmtp_verb_row_t *row = event->command.row;
    const char *loose = row && row->flags & (ESMTP_VF_FROM | ESMTP_VF_TO) ? loose_path(event) : NULL;
    if (loose)
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_LOOSE_PATH, loose);
}

static void address_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    envelope_findings(s, fact, event);
    if (event->suspect & ESMTP_SUSPECT_CODE)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CODE_IN_ADDRESS);
    if (event->suspect & ESMTP_SUSPECT_AMBIGUOUS)
        esmtp_session_raise(s, fact, ESMTP_FINDING_AMBIGUOUS_ADDRESS);
    if (event->suspect & ESMTP_SUSPECT_RELAY && is_verb(event->command.row, ESMTP_VERB_RCPT))
        esmtp_session_raise(s, fact, ESMTP_FINDING_RELAY_PROBE);
    if (event->injected)
        esmtp_session_raise(s, fact, ESMTP_FINDING_INJECTED_COMMAND);
}

/* --- lines ------------------------------------------------------------------------------------------ */

static size_t line_limit(const esmtp_verb_row_t *row)
{
    if (!row)
        return LINE_MAX_COMMAND;
    if (row->flags & (ESMTP_VF_FROM | ESMTP_VF_TO))
        return LINE_MAX_ENVELOPE;
    return strcmp(row->verb, "X-LINK2STATE") == 0 ? LINE_MAX_LINK : LINE_MAX_COMMAND;
}

void esmtp_session_length_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    bool login = fact->kind == ESMTP_FACT_AUTH || (event->command.row && event->command.row->flags & ESMTP_VF_AUTH);
    if (event->line.total > (login ? ESMTP_AUTH_LINE_MAX : line_limit(event->command.row)))
        esmtp_session_raise_of(
            s, fact, ESMTP_FINDING_LONG_COMMAND,
            login ? "Long command line: more than the 12288 octets that servers must accept (RFC 4954)" : NULL);
}

/* What a middlebox that does not know a command makes of it. */
static void mask_findings(esmtp_session_t *s, esmtp_fact_t *fact, const esmtp_client_event_t *event)
{
    if (event->command.row || !event->command.plausible ||
        !esmtp_keyword_is_mask(esmtp_keyword_find(event->command.verb)))
        return;
    esmtp_session_masked(s, fact, ESMTP_MASKED_COMMAND);
}

/* --- commands --------------------------------------------------------------------------------------- */

/* What is wrong with any line at this point of the session. */
static void place_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                           const esmtp_client_event_t *event)
{
    /* A hello begins the session anew: TLS was taken off before the capture. */
    bool anew = s->tls_phase == ESMTP_TLS_PHASE_UNMET && esmtp_is_hello(event->command.row);
    bool tls_wanted = s->tls_phase != ESMTP_TLS_PHASE_NONE;
    if (s->opened && !s->greeted && !at->peer_ahead)
        esmtp_session_early_client(s, fact);
    if (s->tls_phase == ESMTP_TLS_PHASE_ASKED)
        s->told.after_starttls = true; /* a 220 makes it an injection */
    else if (!at->tls && !at->tls_over && tls_wanted && !anew && event->command.plausible)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_AFTER_STARTTLS);
    if (breaks_batch(s, at))
        esmtp_session_raise(s, fact, ESMTP_FINDING_UNSYNCHRONIZED);
    if (is_rash(s, at, event))
        esmtp_session_raise(s, fact, ESMTP_FINDING_PIPELINE);
    esmtp_session_length_findings(s, fact, event);
}

void esmtp_session_command_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                    const esmtp_client_event_t *event)
{
    const esmtp_verb_row_t *row = event->command.row;
    bool clear_offered = !at->tls && s->offer && s->offer->starttls;
    place_findings(s, at, fact, event);
    line_findings(s, fact, event);
    mask_findings(s, fact, event);
    address_findings(s, fact, event);
    if (!row)
        return;
    order_findings(s, at, fact, event);
    note_use(s, at, event);
    if (at->tls && (row->flags & ESMTP_VF_TLS))
        esmtp_session_raise(s, fact, ESMTP_FINDING_TLS_TWICE);
    else
        offer_findings(s, fact, event);
    if (clear_offered && row->id == ESMTP_VERB_MAIL)
        esmtp_session_raise(s, fact, ESMTP_FINDING_CLEAR_MAIL);
    if (!at->tls && (row->id == ESMTP_VERB_MAIL || row->flags & ESMTP_VF_AUTH))
        esmtp_session_clear_findings(s, fact);
    if (event->requiretls && (!at->tls || (s->offer && !esmtp_offer_has(s->offer, "REQUIRETLS"))))
        esmtp_session_raise(s, fact, ESMTP_FINDING_REQUIRETLS);
    if (esmtp_is_hello(row))
        hello_findings(s, fact, event);
}

/* --- logins ----------------------------------------------------------------------------------------- */

/* Whether the server's list of mechanisms lacks one. */
static bool mechanism_missing(const esmtp_session_t *s, esmtp_span_t mechanism)
{
    if (!s->offer || !mechanism.len)
        return false;
    esmtp_span_t rest = esmtp_span_str(s->offer->auth ? s->offer->auth : ""), word;
    while (esmtp_word_next(&rest, " \t", &word)) {
        if (word.len == mechanism.len &&
            g_ascii_strncasecmp((const char *)word.p, (const char *)mechanism.p, word.len) == 0)
            return false;
    }
    return true;
}

bool esmtp_hides_password(const esmtp_mechanism_row_t *row)
{
    return row && !row->exposed && row->form != ESMTP_SASL_EXTERNAL && row->form != ESMTP_SASL_ANONYMOUS;
}

/* What is said of a mechanism that lets a password be guessed from what was captured. */
static const char *clear_login(const esmtp_session_t *s, const esmtp_mechanism_row_t *row)
{
    bool offered = s->offer && s->offer->starttls;
    bool weak = row->form == ESMTP_SASL_CRAM || row->form == ESMTP_SASL_DIGEST_MD5 || row->form == ESMTP_SASL_NTLM;
    if (weak)
        return offered ? "Login without TLS although STARTTLS was offered: the password can be guessed from the "
                         "capture"
                       : NULL;
    return offered ? "Login without TLS although STARTTLS was offered. The mechanism hides the password"
                   : "Login without TLS. The mechanism hides the password; all that follows can be read";
}

void esmtp_session_login_findings(esmtp_session_t *s, const esmtp_stamp_t *at, esmtp_fact_t *fact,
                                  const esmtp_client_event_t *event)
{
    const esmtp_mechanism_row_t *row = s->login->row;
    if (!at->tls && esmtp_hides_password(row))
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_CLEAR_LOGIN, clear_login(s, row));
    if (!at->tls && row && row->exposed && s->told.hiding_refused)
        esmtp_session_raise(s, fact, ESMTP_FINDING_AUTH_DOWNGRADE);
    if (s->offer && s->offer->auth && !s->offer->partial && mechanism_missing(s, event->mechanism))
        esmtp_session_raise_of(s, fact, ESMTP_FINDING_NOT_OFFERED,
                               "Not offered: the server's list of mechanisms lacks this one, it will refuse it (504)");
}
