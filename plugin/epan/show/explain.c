/* explain.c
 * Explanations, references, next steps, and the preference that leaves them out.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "explain.h"

#include "fields.h"
#include "items.h"

enum { EXPLAIN_OFF, EXPLAIN_FULL };

static int explain = EXPLAIN_FULL;

static int hf_explanation = -1;
static int hf_more = -1;
static int hf_reference = -1;
static int hf_next_step = -1;
static int ett_explanation = -1;

/* Whether anything is added to a tree. */
static bool is_on(const proto_tree *tree)
{
    return tree && explain != EXPLAIN_OFF;
}

/* Where the second sentence begins; NULL if there is one only. */
static const char *second_sentence(const char *explanation)
{
    const char *end = strstr(explanation, ". ");
    return end ? end + 2 : NULL;
}

static const char names_what[] = "Explanation of ";

void esmtp_explanation_add(proto_tree *tree, tvbuff_t *tvb, const char *what, const char *explanation,
                           const char *reference)
{
    if (!is_on(tree) || !explanation || !*explanation)
        return;
    const char *more = second_sentence(explanation), *first = explanation;
    if (more && esmtp_wanted(tree, hf_explanation))
        first = wmem_strndup(PNODE_POOL(tree), explanation, (size_t)(more - 1 - explanation));
    proto_item *item = esmtp_add_gen_words_about(tree, hf_explanation, tvb, names_what, what, first);
    proto_tree *sub = proto_item_add_subtree(item, ett_explanation);
    if (more)
        esmtp_add_gen_words(sub, hf_more, tvb, more);
    if (reference && *reference)
        esmtp_add_gen_words(sub, hf_reference, tvb, reference);
}

void esmtp_user_explanation_add(proto_tree *tree, tvbuff_t *tvb, const char *what, const char *explanation,
                                const char *reference)
{
    if (!is_on(tree))
        return;
    const char *words = explanation ? explanation : "";
    proto_item *item = esmtp_add_gen_string(tree, hf_explanation, tvb, words);
    if (what && esmtp_seen(tree))
        proto_item_set_text(item, "%s%s: %s", names_what, what, words);
    if (reference && *reference)
        esmtp_add_gen_string(proto_item_add_subtree(item, ett_explanation), hf_reference, tvb, reference);
}

void esmtp_next_step_add(proto_tree *tree, tvbuff_t *tvb, const char *words)
{
    if (is_on(tree) && *words)
        esmtp_add_gen_words(tree, hf_next_step, tvb, words);
}

void esmtp_explain_register(module_t *module)
{
    static const enum_val_t degrees[] = {
        {"off", "Off", EXPLAIN_OFF},
        {"full", "Full", EXPLAIN_FULL},
        {NULL, NULL, 0},
    };
    prefs_register_enum_preference(module, "explain", "Explanations",
                                   "Full: say what each command, reply, extension and parameter means, where it is "
                                   "defined, and what the sender does next. Off: what was sent and what is known of "
                                   "it, as scripts and experts like it.",
                                   &explain, degrees, false);
}

void esmtp_explain_fields_register(void)
{
    static hf_register_info hf[] = {
        {&hf_explanation, {"Explanation", "smtp.explanation", FT_STRING, BASE_NONE, NULL, 0, "What this means", HFILL}},
        {&hf_more,
         {"More", "smtp.explanation.more", FT_STRING, BASE_NONE, NULL, 0, "What else is worth knowing of it", HFILL}},
        {&hf_reference, {"Reference", "smtp.reference", FT_STRING, BASE_NONE, NULL, 0, "Where it is defined", HFILL}},
        {&hf_next_step,
         {"Next step", "smtp.response.next_step", FT_STRING, BASE_NONE, NULL, 0, "What the sender does next", HFILL}},
    };
    static int *ett[] = {&ett_explanation};
    esmtp_fields_register(hf, G_N_ELEMENTS(hf));
    proto_register_subtree_array(ett, G_N_ELEMENTS(ett));
}
