/* tree_ehlo.c
 * The extensions that an EHLO reply offers, one subtree a line; and how the offer inside TLS
 * differs from the one in plaintext.
 *
 * The item of a line is that of smtp.rsp.parameter with a label of its own, so that filters on
 * Wireshark's field go on to work. What is shown of the parameters follows from the form that the
 * keyword table gives them; most forms are lists of words.
 *
 * RFC 5321 section 4.1.1.1. Keywords that were offered before in the same reply are marked by the
 * session (findings.c).
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "tree_ehlo.h"

#include "findings.h"

#include "../../core/parse/command.h"
#include "../../core/parse/reply.h"
#include "explain.h"
#include "extend.h"
#include "fields.h"
#include "items.h"
#include "tree_common.h"
#include "values.h"
#include "wanted.h"

/* Octets of a reply line with code and line end, RFC 5321 section 4.5.3.1.5. */
#define REPLY_LINE_MAX 512

static int hf_rsp_parameter = -1;
static int hf_keyword = -1;
static int hf_parameter = -1;
static int hf_status = -1;
static int hf_size = -1;
static int hf_mechanism = -1;
static int hf_mechanism_exposed = -1;
static int hf_mailmax = -1;
static int hf_rcptmax = -1;
static int hf_rcptdomainmax = -1;
static int hf_limit_other = -1;
static int hf_deliverby_min = -1;
static int hf_deliverby_token = -1;
static int hf_max_interval = -1;
static int hf_max_datetime = -1;
static int hf_profile = -1;
static int hf_solicit = -1;
static int hf_burl = -1;
static int hf_xclient = -1;
static int hf_xforward = -1;
static int hf_level = -1;
static int hf_variant = -1;
static int hf_loop_id = -1;
static int hf_context = -1;
static int hf_added = -1;
static int hf_removed = -1;

static int ett_extension = -1;
static int ett_mechanism = -1;

static const char unregistered[] =
    "Unregistered extension: neither the registry nor a vendor's list that this dissector knows "
    "has this keyword.";
static const char unknown_mechanism[] =
    "Unknown mechanism: no registry and no vendor's list that this dissector knows has it.";

/* One extension line while it is shown. */
typedef struct {
    esmtp_place_t place;
    const esmtp_show_t *show;
    esmtp_span_t whole; /* the line after code and separator */
    esmtp_ehlo_line_t line;
    const esmtp_keyword_row_t *row; /* NULL: no table knows the keyword */
    proto_item *item;
    proto_tree *tree;
} extension_t;

/* ---- Lists of words ---- */

static bool is_mechanism(esmtp_span_t word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (g_ascii_islower(word.p[i]))
            return false;
    }
    return word.len <= 20 && esmtp_span_of(word, "-_");
}

static bool is_attribute(esmtp_span_t word)
{
    return esmtp_span_of(word, "-_");
}

static bool is_profile(esmtp_span_t word)
{
    return word.len <= 20 && esmtp_span_of(word, "-_.");
}

static bool is_burl(esmtp_span_t word)
{
    return esmtp_span_is(word, "imap") || (esmtp_span_starts(word, "imap://") && word.len > 7);
}

static bool is_level(esmtp_span_t word)
{
    return esmtp_word_find(ESMTP_SET_SECURITY, word) != NULL;
}

static bool is_loop_id(esmtp_span_t word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!g_ascii_isxdigit(word.p[i]))
            return false;
    }
    return true;
}

static bool is_context(esmtp_span_t word)
{
    return esmtp_span_of(word, "-.");
}

/* Explains a mechanism. */
static void mechanism_explain(const extension_t *x, proto_item *item, esmtp_span_t word)
{
    const esmtp_mechanism_row_t *row = esmtp_mechanism_find(word);

    if (row && row->exposed) {
        proto_item_append_text(item, " (password or token can be read from the exchange)");
        esmtp_add_gen_true(proto_item_add_subtree(item, ett_mechanism), hf_mechanism_exposed, x->place.tvb);
    }
    esmtp_explanation_add(x->tree, x->place.tvb, esmtp_word_shown(x->tree, word),
                          row ? row->explanation : unknown_mechanism, row ? row->reference : NULL);
}

static void mechanisms_add(const extension_t *x)
{
    esmtp_span_t rest = x->line.parameter, word;
    unsigned n = 0;

    while (esmtp_words_next(&x->place, x->item, &rest, " \t", &n, &word)) {
        proto_item *item = esmtp_span_add(&x->place, x->tree, hf_mechanism, word);
        mechanism_explain(x, item, word);
        if (!is_mechanism(word))
            esmtp_bad_value(&x->place, item, "Not a mechanism: up to 20 capitals, digits, '-' and '_'");
    }
}

/* A form that is a list of words. */
typedef struct {
    int *hf;
    const char *separators;
    bool single; /* one word only */
    bool (*valid)(esmtp_span_t word);
    esmtp_word_set_t set;
    char set_end; /* octet that ends the part of a word that the set knows; 0: all of it */
    const char *rule;
} words_t;

static const words_t mt_priority_words = {&hf_profile,
                                          " \t",
                                          true,
                                          is_profile,
                                          ESMTP_SET_PROFILE,
                                          0,
                                          "Not a profile: up to 20 letters, digits, '-', '_' and '.'"};
static const words_t no_soliciting_words = {&hf_solicit,
                                            ",",
                                            false,
                                            esmtp_span_is_class,
                                            ESMTP_SET_NONE,
                                            0,
                                            "Not a class: a letter, then letters, digits, '.', '-', '_' and ':'"};
static const words_t burl_words = {
    &hf_burl, " \t", false, is_burl, ESMTP_SET_BURL, ':', "Neither imap nor imap://server"};
static const words_t xclient_words = {
    &hf_xclient, " \t", false, is_attribute, ESMTP_SET_XCLIENT, 0, "Not an attribute: letters, digits, '-' and '_'"};
static const words_t xforward_words = {
    &hf_xforward, " \t", false, is_attribute, ESMTP_SET_XFORWARD, 0, "Not an attribute: letters, digits, '-' and '_'"};
static const words_t security_words = {
    &hf_level, ",", false, is_level, ESMTP_SET_SECURITY, 0, "Neither NONE nor STARTTLS"};
static const words_t xverp_words = {&hf_variant, " \t", true, esmtp_span_is_graphic, ESMTP_SET_NONE, 0, "Not a name"};
static const words_t hex_id_words = {
    &hf_loop_id, " \t", true, is_loop_id, ESMTP_SET_NONE, 0, "Not a hexadecimal number"};
static const words_t contexts_words = {
    &hf_context, " \t", false, is_context, ESMTP_SET_CONTEXT, '-', "Not a context: name-version"};

static void word_form_add(const extension_t *x, const words_t *form, esmtp_span_t word)
{
    proto_item *item = esmtp_span_add(&x->place, x->tree, *form->hf, word);
    size_t end = form->set_end ? esmtp_span_find(word, (uint8_t)form->set_end) : word.len;
    const esmtp_word_row_t *row = esmtp_word_find(form->set, esmtp_span_to(word, end));

    if (row && (end == word.len || form->set_end == '-'))
        proto_item_append_text(item, " (%s)", row->meaning);
    else if (row)
        proto_item_append_text(item, " (trusted server)");
    if (!form->valid(word))
        esmtp_bad_value(&x->place, item, form->rule);
}

/* Whether a comma stands where there is nothing to separate. */
static bool has_empty_word(esmtp_span_t list)
{
    bool empty = true;

    for (size_t i = 0; i < list.len; i++) {
        if (list.p[i] == ',' && empty)
            return true;
        empty = list.p[i] == ',';
    }
    return empty && list.len > 0;
}

static void words_add(const extension_t *x, const words_t *form)
{
    esmtp_span_t rest = x->line.parameter, word;
    unsigned n = 0;

    while (esmtp_words_next(&x->place, x->item, &rest, form->separators, &n, &word))
        word_form_add(x, form, word);
    if (form->single && n > 1)
        esmtp_bad_value(&x->place, x->item, "More than one parameter");
    if (*form->separators == ',' && has_empty_word(x->line.parameter))
        esmtp_bad_value(&x->place, x->item, "Empty list element");
}

/* ---- Other forms ---- */

/* Marks what stands after the last parameter that the keyword takes. */
static void rest_check(const extension_t *x, esmtp_span_t rest)
{
    if (esmtp_span_trim(rest).len > 0)
        esmtp_bad_value(&x->place, x->item, "More parameters than this keyword takes");
}

static void size_add(const extension_t *x)
{
    esmtp_span_t rest = x->line.parameter, word;
    uint64_t size;
    proto_item *item;

    if (!esmtp_word_next(&rest, " \t", &word))
        return;
    rest_check(x, rest);
    if (!esmtp_number_check(&x->place, x->item, word, 0, UINT64_MAX, &size))
        return;
    if (size > 0) {
        esmtp_octets_add(&x->place, x->tree, hf_size, word, size);
        return;
    }
    item = proto_tree_add_uint64(x->tree, hf_size, x->place.tvb, esmtp_place_of(&x->place, word), (int)word.len, size);
    proto_item_append_text(item, " (no fixed limit)");
}

/* RFC 9422 sections 4 and 5 */
static const struct {
    const char *name;
    int *hf;
} limits[] = {
    {"MAILMAX", &hf_mailmax},
    {"RCPTMAX", &hf_rcptmax},
    {"RCPTDOMAINMAX", &hf_rcptdomainmax},
};

static int limit_field(esmtp_span_t name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if (esmtp_span_is(name, limits[i].name))
            return *limits[i].hf;
    }
    return hf_limit_other;
}

static void limit_add(const extension_t *x, esmtp_span_t whole)
{
    size_t equals = esmtp_span_find(whole, '=');
    esmtp_span_t name = esmtp_span_to(whole, equals);
    int hf = limit_field(name);
    uint64_t value;

    if (hf == hf_limit_other) {
        proto_item *item = esmtp_span_add(&x->place, x->tree, hf, whole);
        if (!esmtp_span_of(name, "-_") || equals + 1 == whole.len)
            esmtp_bad_value(&x->place, item, "Not a limit: name or name=value");
        return;
    }
    if (!esmtp_number_check(&x->place, x->item, esmtp_span_from(whole, equals + 1), 1, 999999, &value))
        return;
    if (value <= UINT32_MAX)
        proto_tree_add_uint(x->tree, hf, x->place.tvb, esmtp_place_of(&x->place, whole), (int)whole.len,
                            (uint32_t)value);
}

static void limits_add(const extension_t *x)
{
    esmtp_span_t rest = x->line.parameter, word;
    unsigned n = 0;

    while (esmtp_words_next(&x->place, x->item, &rest, " \t", &n, &word))
        limit_add(x, word);
}

/* A field of seconds, of the range that RFC 2852 and RFC 4865 give them. */
static void seconds_add(const extension_t *x, int hf, esmtp_span_t word, uint64_t min)
{
    uint64_t seconds;

    if (esmtp_number_check(&x->place, x->item, word, min, 999999999, &seconds) && seconds <= UINT32_MAX)
        esmtp_seconds_add(&x->place, x->tree, hf, word, (uint32_t)seconds);
}

static void deliverby_add(const extension_t *x)
{
    size_t comma = esmtp_span_find(x->line.parameter, ',');
    esmtp_span_t first = esmtp_span_trim(esmtp_span_to(x->line.parameter, comma));
    esmtp_span_t rest = esmtp_span_from(x->line.parameter, comma), word;
    unsigned n = 0;

    if (first.len > 0)
        seconds_add(x, hf_deliverby_min, first, 0);
    if (rest.len == 1 || has_empty_word(esmtp_span_from(rest, 1)))
        esmtp_bad_value(&x->place, x->item, "Empty list element");
    while (esmtp_words_next(&x->place, x->item, &rest, ",", &n, &word))
        esmtp_span_add(&x->place, x->tree, hf_deliverby_token, word);
}

static void futurerelease_add(const extension_t *x)
{
    esmtp_span_t rest = x->line.parameter, word;
    proto_item *item;

    if (!esmtp_word_next(&rest, " \t", &word))
        return;
    seconds_add(x, hf_max_interval, word, 1);
    if (!esmtp_word_next(&rest, " \t", &word)) {
        esmtp_bad_value(&x->place, x->item, "Date and time are missing");
        return;
    }
    item = esmtp_span_add(&x->place, x->tree, hf_max_datetime, word);
    if (!esmtp_datetime_valid(word, true))
        esmtp_bad_value(&x->place, item, "Not a date and time in UTC, such as 2030-12-31T23:59:59Z");
    rest_check(x, rest);
}

static void none_add(const extension_t *x)
{
    if (x->line.parameter.len > 0)
        esmtp_bad_value(&x->place, x->item, "This keyword takes no parameter");
}

static void ignored_add(const extension_t *x)
{
    if (x->line.parameter.len > 0)
        esmtp_bad_value(&x->place, x->item, "This keyword takes no parameter; clients must ignore one");
}

/* What the parameters of a form say. */
static void form_add(const extension_t *x)
{
    switch (x->row->form) {
    case ESMTP_EHLO_NONE: none_add(x); break;
    case ESMTP_EHLO_TEXT: break; /* as it stands */
    case ESMTP_EHLO_SIZE: size_add(x); break;
    case ESMTP_EHLO_AUTH: mechanisms_add(x); break;
    case ESMTP_EHLO_LIMITS: limits_add(x); break;
    case ESMTP_EHLO_DELIVERBY: deliverby_add(x); break;
    case ESMTP_EHLO_FUTURERELEASE: futurerelease_add(x); break;
    case ESMTP_EHLO_MT_PRIORITY: words_add(x, &mt_priority_words); break;
    case ESMTP_EHLO_NO_SOLICITING: words_add(x, &no_soliciting_words); break;
    case ESMTP_EHLO_BURL: words_add(x, &burl_words); break;
    case ESMTP_EHLO_XCLIENT: words_add(x, &xclient_words); break;
    case ESMTP_EHLO_XFORWARD: words_add(x, &xforward_words); break;
    case ESMTP_EHLO_SECURITY: words_add(x, &security_words); break;
    case ESMTP_EHLO_XVERP: words_add(x, &xverp_words); break;
    case ESMTP_EHLO_HEX_ID: words_add(x, &hex_id_words); break;
    case ESMTP_EHLO_CONTEXTS: words_add(x, &contexts_words); break;
    case ESMTP_EHLO_IGNORED: ignored_add(x); break;
    }
}

/* ---- The line ---- */

/* Whether a keyword has to have parameters, by the first octet of their syntax. */
static bool needs_parameter(const esmtp_keyword_row_t *row)
{
    return row->syntax[0] != '\0' && row->syntax[0] != '[' && row->syntax[0] != '*';
}

/* Whether "=" may stand directly after a keyword: where the syntax has it, and in AUTH= of old
 * servers. */
static bool may_be_glued(const esmtp_keyword_row_t *row)
{
    return row->form == ESMTP_EHLO_AUTH || g_str_has_prefix(row->syntax, "=") || g_str_has_prefix(row->syntax, "[=");
}

/* Marks what every keyword's line has to heed. */
static void line_check(const extension_t *x)
{
    const esmtp_place_t *place = &x->place;
    size_t octets = x->whole.len + strlen("250-\r\n");

    if (esmtp_span_blanks(x->whole) > 0)
        esmtp_bad_value(place, x->item, "Blank before the keyword");
    if (x->whole.len > 0 && esmtp_is_blank(x->whole.p[x->whole.len - 1]))
        esmtp_bad_value(place, x->item, "Blank at the end of the line");
    if (octets > REPLY_LINE_MAX)
        esmtp_bad_value_format(place, x->item, "Line too long: %zu octets, %d are allowed", octets, REPLY_LINE_MAX);
}

/* Marks parameters of octets that none may have: blanks separate them, the rest is printable ASCII.
 */
static void parameter_check(const extension_t *x)
{
    esmtp_span_t s = x->line.parameter;

    for (size_t i = 0; i < s.len; i++) {
        if (esmtp_is_blank(s.p[i]) || (s.p[i] > ' ' && s.p[i] <= '~'))
            continue;
        esmtp_bad_value(&x->place, x->item, "Octets that are not printable ASCII");
        return;
    }
}

static void row_check(const extension_t *x)
{
    bool bare_auth = x->row->form == ESMTP_EHLO_AUTH && !x->line.glued; /* Exchange, where no mechanism is allowed */
    if (needs_parameter(x->row) && x->line.parameter.len == 0 && !bare_auth)
        esmtp_bad_value(&x->place, x->item, "Parameter is missing");
    if (x->line.glued && !may_be_glued(x->row))
        esmtp_bad_value(&x->place, x->item, "\"=\" directly after the keyword");
}

static const char *const status_names[] = {
    [ESMTP_STATUS_STANDARD] = NULL,
    [ESMTP_STATUS_EXPERIMENTAL] = "experimental",
    [ESMTP_STATUS_HISTORIC] = "historic",
    [ESMTP_STATUS_VENDOR] = "vendor extension",
};

/* Explains the keyword in the user's own words if there are any, else in the table's. */
static void meaning_add(const extension_t *x)
{
    const esmtp_user_keyword_t *user = esmtp_user_keyword_find(x->line.keyword);
    const char *name = x->row ? x->row->keyword : esmtp_word_shown(x->tree, x->line.keyword);

    if (user)
        esmtp_user_explanation_add(x->tree, x->place.tvb, name, user->explanation, user->reference);
    else if (x->row)
        esmtp_explanation_add(x->tree, x->place.tvb, name, x->row->explanation, x->row->reference);
    else
        esmtp_explanation_add(x->tree, x->place.tvb, name, unregistered, NULL);
    if (x->row && status_names[x->row->status])
        esmtp_add_gen_words(x->tree, hf_status, x->place.tvb, status_names[x->row->status]);
}

/* Lets another dissector show the parameter, if one has registered for the keyword. */
static void others_add(const extension_t *x)
{
    esmtp_span_t parameter = x->line.parameter;
    esmtp_octets_t octets = {
        .pinfo = x->place.pinfo,
        .tvb = x->place.tvb,
        .offset = esmtp_place_of(&x->place, parameter),
        .len = (int)parameter.len,
    };

    esmtp_keyword_dissect(x->line.keyword, &octets, x->tree);
}

static void keyword_add(const extension_t *x)
{
    bool exact = x->row && esmtp_span_is(x->line.keyword, x->row->keyword);

    esmtp_capitals_add(&x->place, x->tree, hf_keyword, x->line.keyword, exact ? x->row->keyword : NULL);
    if (x->line.parameter.len > 0)
        esmtp_span_add(&x->place, x->tree, hf_parameter, x->line.parameter);
}

/* A line that the capture cuts: what stands before the piece at its end. */
static void piece_add(extension_t *x)
{
    if (!esmtp_ehlo_parse(x->whole, &x->line))
        return;
    x->row = x->line.row;
    keyword_add(x);
    if (x->row && x->line.parameter.len)
        form_add(x);
    meaning_add(x);
}

void esmtp_extension_add(esmtp_show_t *show, proto_tree *tree, const esmtp_fact_t *fact, int offset, int len)
{
    extension_t x = {.place = {show->pinfo, show->tvb, NULL, offset}, .show = show};

    x.place.base = tvb_get_ptr(show->tvb, offset, len);
    int whole = esmtp_show_whole(show, fact, offset, len);
    x.whole = esmtp_span(x.place.base, (size_t)whole);
    x.item = esmtp_add_text_as(tree, hf_rsp_parameter, show->tvb, offset, len, "Extension");
    if (esmtp_fact_has(fact, ESMTP_FINDING_DUPLICATE_KEYWORD))
        proto_item_append_text(x.item, " (repeated)");
    x.tree = proto_item_add_subtree(x.item, ett_extension);
    esmtp_findings_of_extension(show->pinfo, x.item, fact);
    if (whole < len) {
        proto_item_append_text(x.item, " (cut off by the capture)");
        piece_add(&x);
        return;
    }
    if (!esmtp_ehlo_parse(x.whole, &x.line)) {
        esmtp_bad_value(&x.place, x.item, "Line without a keyword");
        return;
    }
    x.row = x.line.row;
    keyword_add(&x);
    line_check(&x);
    parameter_check(&x);
    if (x.row) {
        row_check(&x);
        form_add(&x);
    }
    if (show->extended)
        others_add(&x);
    meaning_add(&x);
}

/* ---- In plaintext and inside TLS ---- */

/* Adds each keyword of one list that the other lacks, once. */
static void difference_add(esmtp_show_t *show, proto_tree *tree, int hf, const esmtp_offer_list_t *list,
                           const esmtp_offer_list_t *other)
{
    for (const esmtp_offered_t *item = list->first; item; item = item->next) {
        const esmtp_offered_t *same = list->first;
        while (same != item && strcmp(same->keyword, item->keyword) != 0)
            same = same->next;
        if (same == item && !esmtp_offer_has(other, item->keyword))
            esmtp_add_gen_string(tree, hf, show->tvb,
                                 esmtp_text(show->pinfo->pool, item->keyword, strlen(item->keyword)));
    }
}

void esmtp_offer_add(esmtp_show_t *show, proto_tree *tree, const esmtp_offer_t *offer)
{
    if (!tree || !offer->list || !offer->clear)
        return;
    if (esmtp_wanted(tree, hf_added))
        difference_add(show, tree, hf_added, offer->list, offer->clear);
    if (esmtp_wanted(tree, hf_removed))
        difference_add(show, tree, hf_removed, offer->clear, offer->list);
}

/* ---- Registration ---- */

static void fields_register(void)
{
    static hf_register_info hf[] = {
        {&hf_rsp_parameter, {"Response parameter", "smtp.rsp.parameter", FT_STRING, BASE_NONE, NULL, 0, NULL, HFILL}},
        {&hf_keyword,
         {"Keyword", "smtp.ehlo.keyword", FT_STRING, BASE_NONE, NULL, 0, "Keyword of an extension, in capitals",
          HFILL}},
        {&hf_parameter,
         {"Parameter", "smtp.ehlo.parameter", FT_STRING, BASE_NONE, NULL, 0, "Parameters of an extension, as written",
          HFILL}},
        {&hf_status,
         {"Status", "smtp.ehlo.status", FT_STRING, BASE_NONE, NULL, 0,
          "Of an extension that is not a standard: experimental, historic, vendor extension", HFILL}},
        {&hf_size,
         {"Maximum message size", "smtp.ehlo.size", FT_UINT64, BASE_DEC, NULL, 0,
          "SIZE: the largest message that the server takes, in octets; 0: no fixed limit", HFILL}},
        {&hf_mechanism,
         {"Mechanism", "smtp.ehlo.auth.mechanism", FT_STRING, BASE_NONE, NULL, 0, "AUTH: a way to log in", HFILL}},
        {&hf_mechanism_exposed,
         {"Password or token readable", "smtp.ehlo.auth.mechanism.exposed", FT_BOOLEAN, BASE_NONE, NULL, 0,
          "A password or token can be read from the exchange", HFILL}},
        {&hf_mailmax,
         {"Mail transactions in a connection (MAILMAX)", "smtp.ehlo.limits.mailmax", FT_UINT32, BASE_DEC, NULL, 0,
          "LIMITS: how many mail transactions a connection may have", HFILL}},
        {&hf_rcptmax,
         {"Recipients of a message (RCPTMAX)", "smtp.ehlo.limits.rcptmax", FT_UINT32, BASE_DEC, NULL, 0,
          "LIMITS: how many recipients a mail transaction may have", HFILL}},
        {&hf_rcptdomainmax,
         {"Recipient domains in a connection (RCPTDOMAINMAX)", "smtp.ehlo.limits.rcptdomainmax", FT_UINT32, BASE_DEC,
          NULL, 0, "LIMITS: how many recipient domains a connection may have", HFILL}},
        {&hf_limit_other,
         {"Unregistered limit", "smtp.ehlo.limits.other", FT_STRING, BASE_NONE, NULL, 0,
          "LIMITS: a limit that RFC 9422 does not name", HFILL}},
        {&hf_deliverby_min,
         {"Shortest deadline", "smtp.ehlo.deliverby.min", FT_UINT32, BASE_DEC, NULL, 0,
          "DELIVERBY: the smallest time that BY= may name, in seconds", HFILL}},
        {&hf_deliverby_token,
         {"Extension token", "smtp.ehlo.deliverby.token", FT_STRING, BASE_NONE, NULL, 0,
          "DELIVERBY: a token for a later extension", HFILL}},
        {&hf_max_interval,
         {"Longest wait", "smtp.ehlo.futurerelease.max_interval", FT_UINT32, BASE_DEC, NULL, 0,
          "FUTURERELEASE: the largest value of HOLDFOR=, in seconds", HFILL}},
        {&hf_max_datetime,
         {"Latest release", "smtp.ehlo.futurerelease.max_datetime", FT_STRING, BASE_NONE, NULL, 0,
          "FUTURERELEASE: the largest value of HOLDUNTIL=", HFILL}},
        {&hf_profile,
         {"Priority profile", "smtp.ehlo.mt_priority.profile", FT_STRING, BASE_NONE, NULL, 0,
          "MT-PRIORITY: whose rules give the numbers their meaning", HFILL}},
        {&hf_solicit,
         {"Unwanted class", "smtp.ehlo.no_soliciting.keyword", FT_STRING, BASE_NONE, NULL, 0,
          "NO-SOLICITING: a class of advertising that the site does not want", HFILL}},
        {&hf_burl,
         {"Option", "smtp.ehlo.burl.option", FT_STRING, BASE_NONE, NULL, 0, "BURL: which URLs the server takes",
          HFILL}},
        {&hf_xclient,
         {"Attribute", "smtp.ehlo.xclient.attribute", FT_STRING, BASE_NONE, NULL, 0,
          "XCLIENT: what a proxy may say about the client", HFILL}},
        {&hf_xforward,
         {"Attribute", "smtp.ehlo.xforward.attribute", FT_STRING, BASE_NONE, NULL, 0,
          "XFORWARD: what a filter may say about the client", HFILL}},
        {&hf_level,
         {"Level", "smtp.ehlo.security.level", FT_STRING, BASE_NONE, NULL, 0,
          "SECURITY, XSECURITY: what a sender may demand of further transport", HFILL}},
        {&hf_variant,
         {"Variant", "smtp.ehlo.xverp.variant", FT_STRING, BASE_NONE, NULL, 0, "XVERP: whose form of return addresses",
          HFILL}},
        {&hf_loop_id,
         {"Loop id", "smtp.ehlo.xloop.id", FT_STRING, BASE_NONE, NULL, 0, "XLOOP: id of the server", HFILL}},
        {&hf_context,
         {"Context", "smtp.ehlo.messagecontext.context", FT_STRING, BASE_NONE, NULL, 0,
          "X-MESSAGECONTEXT: a block of data that may come with a message", HFILL}},
        {&hf_added,
         {"Offered inside TLS only", "smtp.ehlo.added", FT_STRING, BASE_NONE, NULL, 0,
          "A keyword that the EHLO reply in plaintext lacked", HFILL}},
        {&hf_removed,
         {"Offered in plaintext only", "smtp.ehlo.removed", FT_STRING, BASE_NONE, NULL, 0,
          "A keyword of the EHLO reply in plaintext that is no longer offered", HFILL}},
    };

    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
}

void esmtp_ehlo_register(void)
{
    static int *ett[] = {&ett_extension, &ett_mechanism};

    fields_register();
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
