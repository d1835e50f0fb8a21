/* findings.h
 * What is odd, wrong or dangerous in SMTP: one row each, in finding_rows.h. A row says what a finding is called and
 * what it means; where it is raised is the one place that knows its condition.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_FINDINGS_H
#define ESMTP_FINDINGS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* How bad it is. */
typedef enum { ESMTP_CHAT = 0, ESMTP_NOTE, ESMTP_WARN, ESMTP_ERROR } esmtp_severity_t;

/* What it is about: Wireshark's groups of expert infos. */
typedef enum {
    ESMTP_ABOUT_PROTOCOL = 0,
    ESMTP_ABOUT_SEQUENCE,
    ESMTP_ABOUT_MALFORMED,
    ESMTP_ABOUT_RESPONSE_CODE,
    ESMTP_ABOUT_REASSEMBLE,
    ESMTP_ABOUT_SECURITY,
    ESMTP_ABOUT_ASSUMPTION,
    ESMTP_ABOUT_UNDECODED,
} esmtp_about_t;

/* How often the session raises it: in each place, n times per connection, n times per connection and direction. What is
 * said once per message, login or reply is so by its condition. */
#define ESMTP_CAP_EACH        0
#define ESMTP_CAP_ONCE        1
#define ESMTP_CAP_TIMES(n)    (n)
#define ESMTP_CAP_A_SIDE      0x80 /* bit: for each direction */
#define ESMTP_CAP_ONCE_A_SIDE (ESMTP_CAP_A_SIDE | 1)
#define ESMTP_CAP_MAX(cap)    ((cap)&0x7f)

typedef enum {
    ESMTP_FINDING_NONE = 0,
#define ROW(id, name, severity, about, cap, text, reference) ESMTP_FINDING_##id,
#include "finding_rows.h"
#undef ROW
    ESMTP_FINDINGS, /* one more than there are */
} esmtp_finding_id_t;

typedef struct {
    const char *name; /* of its expert info */
    uint8_t severity; /* esmtp_severity_t */
    uint8_t about;    /* esmtp_about_t */
    uint8_t cap;      /* ESMTP_CAP_* */
    const char *text; /* what it means and what to do, key word first */
    const char *reference;
} esmtp_finding_row_t;

/* By esmtp_finding_id_t; the first is empty. */
extern const esmtp_finding_row_t esmtp_finding_rows[ESMTP_FINDINGS];

/* A set of findings. Zeroed it is empty. */
typedef struct {
    uint64_t bits[(ESMTP_FINDINGS + 63) / 64];
} esmtp_finding_set_t;

static inline void esmtp_findings_put(esmtp_finding_set_t *set, esmtp_finding_id_t id)
{
    set->bits[id / 64] |= UINT64_C(1) << id % 64;
}

static inline void esmtp_findings_take(esmtp_finding_set_t *set, esmtp_finding_id_t id)
{
    set->bits[id / 64] &= ~(UINT64_C(1) << id % 64);
}

static inline bool esmtp_findings_have(const esmtp_finding_set_t *set, esmtp_finding_id_t id)
{
    return set->bits[id / 64] >> id % 64 & 1;
}

static inline void esmtp_findings_join(esmtp_finding_set_t *set, const esmtp_finding_set_t *more)
{
    for (size_t i = 0; i < G_N_ELEMENTS(set->bits); i++)
        set->bits[i] |= more->bits[i];
}

/* A finding's name without "smtp." and "expert.". */
const char *esmtp_finding_short_name(esmtp_finding_id_t id);

#endif /* ESMTP_FINDINGS_H */
