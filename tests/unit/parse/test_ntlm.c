/* test_ntlm.c
 * The user name in an NTLM AUTHENTICATE message, MS-NLMP section 2.2.1.3, where its places are the least or the most
 * that a message can have.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../check.h"

#include "core/parse/auth.h"

enum { HEAD = 64, UNICODE = 1, OEM = 2 };

typedef struct {
    const char *label;
    unsigned type, flags;
    size_t len;            /* of the message */
    unsigned at, user_len; /* of the user name */
    const char *user;      /* NULL: none is found */
} ntlm_case_t;

static const ntlm_case_t cases[] = {
    {"after the head", 3, OEM, HEAD + 3, HEAD, 3, "bob"},
    {"in 16 bits", 3, UNICODE, HEAD + 4, HEAD, 4, "\u6f62\u2d62"},
    {"no more than a head, which the name lies in", 3, OEM, HEAD, 0, 4, "NTLM"},
    {"a head that lacks its last octet", 3, OEM, HEAD - 1, 0, 4, NULL},
    {"an octet after the end", 3, OEM, HEAD + 3, HEAD + 1, 3, NULL},
    {"from the end on", 3, OEM, HEAD + 3, HEAD + 3, 1, NULL},
    {"empty", 3, OEM, HEAD + 3, HEAD, 0, NULL},
    {"a challenge", 2, OEM, HEAD + 3, HEAD, 3, NULL},
};

static void users(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ntlm_case_t *c = &cases[i];
        uint8_t octets[HEAD + 8] = "NTLMSSP";
        octets[8] = (uint8_t)c->type;
        octets[36] = octets[38] = (uint8_t)c->user_len;
        octets[40] = (uint8_t)c->at;
        octets[60] = (uint8_t)c->flags;
        memcpy(octets + HEAD, "bob-bob-", 8);
        esmtp_span_t copy = check_copy(esmtp_span(octets, c->len));
        char *user = esmtp_ntlm_user(copy);
        if (g_strcmp0(user, c->user) != 0)
            fail_msg("%s: %s, expected %s", c->label, user ? user : "none", c->user ? c->user : "none");
        g_free(user);
        check_free(copy);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(users)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
