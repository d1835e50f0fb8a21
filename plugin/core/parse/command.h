/* command.h
 * One command line, RFC 5321 section 4.1: verb, parameter, and for MAIL and RCPT path and parameters. Nothing is
 * copied: all spans lie inside the line that was given.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_COMMAND_H
#define ESMTP_COMMAND_H

#include "../span.h"
#include "../tables/tables.h"

typedef struct {
    esmtp_span_t verb;           /* as on the wire, first token; empty for an empty line. A control character ends it */
    esmtp_span_t parameter;      /* what follows the verb and its separator, trailing blanks cut; may be empty */
    const esmtp_verb_row_t *row; /* NULL: no table knows the verb */
    bool leading_space;          /* blanks before the verb */
    bool tab;                    /* the separator holds a TAB */
    bool trailing_space;         /* blanks after the parameter */
    bool named;                  /* the verb is of letters, digits, '-' and '_' */
    bool plausible;              /* reads as a command: named, and all octets are text (printable ASCII, TAB, UTF-8) */
} esmtp_command_t;

/* Splits a line (without its line end). Always succeeds. */
void esmtp_command_parse(esmtp_span_t line, esmtp_command_t *cmd);

/* How a path is written. RFC 5321 section 4.1.2. */
typedef enum {
    ESMTP_PATH_NONE,   /* there is none */
    ESMTP_PATH_NULL,   /* <> */
    ESMTP_PATH_NORMAL, /* <local@domain> */
    ESMTP_PATH_LOCAL,  /* <postmaster>: no domain */
    ESMTP_PATH_ROUTED, /* <@a,@b:local@domain>: source route */
    ESMTP_PATH_BARE,   /* local@domain without brackets, as some clients send it */
    ESMTP_PATH_BROKEN, /* "<" without ">", "<<a@b>>", "Name <a@b>", no local part or domain beside an "@", blanks
                        * outside quotes; the other members hold what there is */
} esmtp_path_form_t;

typedef struct {
    esmtp_path_form_t form;
    esmtp_span_t whole;   /* with brackets */
    esmtp_span_t address; /* without brackets, source route included */
    esmtp_span_t route;   /* "@a,@b" or empty */
    esmtp_span_t local;   /* local part, quotes included */
    esmtp_span_t domain;  /* without "@"; address literals with their brackets */
    bool quoted;          /* local part is a quoted string */
    bool literal;         /* domain is an address literal */
    bool eight_bit;       /* octets above 127 (SMTPUTF8, RFC 6531) */
    bool space_before;    /* "FROM: <a@b>": a blank after the colon that RFC 5321 forbids and many clients send */
    bool keyword_missing; /* the parameter does not begin with FROM: or TO:; a word FROM without colon is skipped all
                             the same */
} esmtp_path_t;

/* Parses the parameter of MAIL ("FROM:<a@b> SIZE=1", keyword "FROM") or RCPT (keyword "TO"). *rest becomes what stands
 * after the path. Returns false if there is no path (path->form NONE): the end, or "SIZE=1" in its place. Blanks
 * directly inside the brackets are no part of the address; of several "@" the last one outside quotes counts. */
bool esmtp_path_parse(esmtp_span_t parameter, const char *keyword, esmtp_path_t *path, esmtp_span_t *rest);

typedef struct {
    esmtp_span_t whole; /* "SIZE=1" */
    esmtp_span_t name;  /* "SIZE" */
    esmtp_span_t value; /* "1"; empty and has_value false for a flag */
    bool has_value;
} esmtp_argument_t;

/* Takes the next blank-separated esmtp-param off the front of *rest. False when there is none left. */
bool esmtp_argument_next(esmtp_span_t *rest, esmtp_argument_t *arg);

/* Takes the next word off the front of *rest; words are separated by any of the octets of separators. False when none
 * is left. Empty words between two separators are skipped. */
bool esmtp_word_next(esmtp_span_t *rest, const char *separators, esmtp_span_t *word);

/* The octet that an escape of xtext at the start of s stands for ("+" and two capital hexadecimal digits, RFC 3461
 * section 4); -1 if it is malformed. */
int esmtp_xtext_octet(esmtp_span_t s);

/* Undoes xtext (RFC 3461 section 4: "+" and two capital hexadecimal digits) into out, which has room for s.len octets.
 * Returns the octets written; *bad says whether an escape is malformed (it is then copied as it stands). */
size_t esmtp_xtext_decode(esmtp_span_t s, uint8_t *out, bool *bad);

/* Undoes the utf-8 address encodings of RFC 6533 section 3 ("\x{1F600}") likewise; out needs s.len octets. Hexadecimal
 * digits of either case; no superfluous zeros; neither NUL nor surrogates. */
size_t esmtp_utf8_addr_decode(esmtp_span_t s, uint8_t *out, bool *bad);

typedef enum { ESMTP_NUMBER_NONE, ESMTP_NUMBER_OK, ESMTP_NUMBER_OVERFLOW, ESMTP_NUMBER_BAD } esmtp_number_t;

/* Reads a decimal number of digits only. OVERFLOW beyond 64 bits (*value is then UINT64_MAX), NONE for an empty span.
 */
esmtp_number_t esmtp_number_parse(esmtp_span_t s, uint64_t *value);

/* Likewise with an optional sign, for numbers that fit into 32 bits; on OVERFLOW *value is the limit. On NONE and BAD
 * *value is 0 in both. */
esmtp_number_t esmtp_signed_parse(esmtp_span_t s, int32_t *value);

/* BDAT's parameter, RFC 3030 section 2: "SIZE" or "SIZE LAST". False for anything else. */
bool esmtp_bdat_parse(esmtp_span_t parameter, uint64_t *size, bool *last);

/* Likewise as lenient servers read an argument that breaks the rules: "+6", "5LAST", "5 LAST x" (then not the last),
 * NUL as the end. False if it does not begin with a number. */
bool esmtp_bdat_guess(esmtp_span_t parameter, uint64_t *size, bool *last);

/* Whether s is a date and time as RFC 3339 section 5.6 wants it, in range; utc_only also wants "Z". Second 60 is taken
 * in every minute: leap seconds to come are not known. */
bool esmtp_datetime_valid(esmtp_span_t s, bool utc_only);

#endif /* ESMTP_COMMAND_H */
