/* line.h
 * Where a line ends. RFC 5321 section 2.3.8: a line ends with CRLF and with nothing else; real servers take a bare LF
 * too (and smuggling attacks live on that), none takes a bare CR. The scanner says which it was.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_LINE_H
#define ESMTP_LINE_H

#include "../span.h"

/* Octets after which a line without end is taken as it is: five times the longest legal line (AUTH, 12288 octets, RFC
 * 4954 section 4); stops a peer that never ends its line from filling memory. */
#define ESMTP_LINE_MAX 65536

typedef enum {
    ESMTP_EOL_NONE, /* the line has not ended */
    ESMTP_EOL_CRLF, /* with one CR or more: programs that write CRLF through a text stream of Windows send CR CR LF, and
                     * servers take all of it for the end */
    ESMTP_EOL_LF,   /* without CR in front */
} esmtp_eol_t;

typedef struct {
    size_t len;      /* octets without the line end, and without CRs at the end of what esmtp_line_rest took */
    size_t total;    /* octets with them */
    esmtp_eol_t eol; /* NONE only in pieces: see esmtp_line_scan */
    bool extra_cr;   /* CRLF with further CRs in front */
    bool bare_cr;    /* a CR that no LF follows stands inside the line; CRs at its end are not judged */
    bool nul;        /* a NUL stands inside the line */
    bool eight_bit;  /* an octet above 127 stands inside the line */
    bool plain;      /* nothing but printable ASCII stands inside the line */
    bool too_long;   /* cut off at ESMTP_LINE_MAX: the next octets go on with it */
} esmtp_line_t;

/* Finds the end of the line that begins at s.p. "from" octets of it are known to hold no line end (from an earlier
 * call on the same line; 0 if nothing is known). Returns true and fills *line when the line is complete or has reached
 * ESMTP_LINE_MAX, line end included; false when more octets are needed. A final CR at the end of the span needs more. A
 * line is never cut between CR and LF: a CR at the limit opens the next piece. */
bool esmtp_line_scan(esmtp_span_t s, size_t from, esmtp_line_t *line);

/* Takes the whole span as one line without end: what is left when no more octets can be had. If it ends with CR only
 * the LF of the line end is missing, most likely. */
void esmtp_line_rest(esmtp_span_t s, esmtp_line_t *line);

/* Whether octets of a line's text may be missing at its end. */
static inline bool esmtp_line_is_cut(const esmtp_line_t *line)
{
    return line->eol == ESMTP_EOL_NONE && line->total == line->len;
}

/* Octets of the line end of a line that is given with it: CRs and LF, LF, or CRs alone. */
static inline size_t esmtp_line_end_length(esmtp_span_t s)
{
    size_t n = s.len > 0 && s.p[s.len - 1] == '\n';

    while (n < s.len && s.p[s.len - 1 - n] == '\r')
        n++;
    return n;
}

#endif /* ESMTP_LINE_H */
