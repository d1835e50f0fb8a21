/* mime.h
 * The parts of a message, as far as their export needs: where each begins and ends, how it is encoded, what it is
 * called. RFC 5322 section 2.2, RFC 2045, 2046, 2047, 2183, 2231, 6532. No rendering, no judgement of what a part
 * holds.
 *
 * The walk takes one look at each line and keeps no more than a stack of open parts; what it cannot place it leaves
 * inside the part around it. Input is hostile: depth, parts and the length of a boundary have limits.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_MIME_H
#define ESMTP_MIME_H

#include "../span.h"

/* Open parts inside each other; deeper ones are one part. Each line that begins with "--" is compared with all of them.
 */
#define ESMTP_MIME_DEPTH_MAX 32
/* Parts of one message that are told; each becomes a file. */
#define ESMTP_MIME_PARTS_MAX 10000
/* Octets of a boundary (RFC 2046: 70). */
#define ESMTP_MIME_BOUNDARY_MAX 250

typedef enum {
    ESMTP_MIME_PLAIN = 0, /* 7bit, 8bit, binary, none, or a name that nobody knows */
    ESMTP_MIME_BASE64,
    ESMTP_MIME_QUOTED,
} esmtp_mime_encoding_t;

/* One field of a header. */
typedef struct {
    esmtp_span_t name;  /* without the colon */
    esmtp_span_t value; /* with the line ends inside it, blanks around it removed */
} esmtp_mime_field_t;

/* A part that is no multipart itself. Spans lie in the message. */
typedef struct {
    esmtp_span_t body;        /* as sent; without the line end before the boundary */
    esmtp_span_t type;        /* Content-Type, whole; empty if there is none: text/plain */
    esmtp_span_t disposition; /* Content-Disposition, whole; empty if there is none */
    esmtp_mime_encoding_t encoding;
    bool message;   /* message/rfc822: its own parts are told before it */
    bool outermost; /* the message is this one part */
    bool open;      /* no boundary ended it: if the end of the message is missing, so is this part's */
} esmtp_mime_part_t;

typedef void (*esmtp_mime_taker_t)(void *ctx, const esmtp_mime_part_t *part);

/* Tells the parts of a message, each when it ends. */
void esmtp_mime_walk(esmtp_span_t message, esmtp_mime_taker_t taker, void *ctx);

/* Octets of the header before the empty line, the line end of its last line included; all if there is no empty
 * line. */
size_t esmtp_mime_header_length(esmtp_span_t message);
/* Takes the next field off the front of a header. False at its end. Lines that are no field are passed over. */
bool esmtp_mime_field_next(esmtp_span_t *header, esmtp_mime_field_t *field);

/* The media type "type/subtype" of a Content-Type without its parameters; text/plain if it is empty. */
esmtp_span_t esmtp_mime_media_type(esmtp_span_t content_type);
/* Whether a part is one that mail programs list as attachment: it says so, has a file name, or is no text. */
bool esmtp_mime_is_attachment(const esmtp_mime_part_t *part);

/* The rest returns memory for g_free. */

/* The file name that a part gives itself, UTF-8, as written but decoded (not safe!); NULL if it has none. */
char *esmtp_mime_file_name(const esmtp_mime_part_t *part);
/* The octets of a part, decoded; *len of them. NULL if there are none. */
uint8_t *esmtp_mime_decode(const esmtp_mime_part_t *part, size_t *len);
/* The value of a field as text, UTF-8: folding undone, encoded words (RFC 2047) decoded. */
char *esmtp_mime_text(esmtp_span_t value);

#endif /* ESMTP_MIME_H */
