/* cells.h
 * The row of a mail as people read it: the columns of Statistics > SMTP Mails and of tshark -z smtp,mails.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_CELLS_H
#define ESMTP_CELLS_H

#include "mails.h"

typedef enum {
    ESMTP_CELL_FRAME,
    ESMTP_CELL_TIME,
    ESMTP_CELL_FROM,
    ESMTP_CELL_TO,
    ESMTP_CELL_OUTCOME,
    ESMTP_CELL_CODE,
    ESMTP_CELL_ENHANCED,
    ESMTP_CELL_REASON,
    ESMTP_CELL_OCTETS,
    ESMTP_CELL_SECONDS,
    ESMTP_CELL_QUEUE_ID,
    ESMTP_CELL_TLS,
    ESMTP_CELL_USER,
    ESMTP_CELL_CLIENT,
    ESMTP_CELL_SERVER,
    ESMTP_CELL_HELO,
    ESMTP_CELL_MESSAGE_ID,
    ESMTP_CELL_SUBJECT,
    ESMTP_CELL_MAIL,
    ESMTP_CELL_CONNECTION,
    ESMTP_CELLS
} esmtp_cell_t;

/* Of what kind the cells of a column are. */
typedef enum {
    ESMTP_CELL_IS_TEXT,
    ESMTP_CELL_IS_COUNT,
    ESMTP_CELL_IS_SECONDS,
} esmtp_cell_kind_t;

typedef struct {
    const char *title;
    esmtp_cell_kind_t kind;
} esmtp_cell_column_t;

extern const esmtp_cell_column_t esmtp_cell_columns[ESMTP_CELLS];

/* One cell: text of every kind, in the pool that it was asked for in or longer lived, UTF-8 without control
 * characters, "" where nothing is known; and the number of a count, the seconds. */
typedef struct {
    const char *text;
    unsigned count;
    double seconds;
} esmtp_cell_value_t;

esmtp_cell_value_t esmtp_cell(wmem_allocator_t *pool, const esmtp_mail_row_t *mail, esmtp_cell_t cell);

#endif /* ESMTP_CELLS_H */
