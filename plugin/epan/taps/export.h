/* export.h
 * File > Export Objects: the type "smtp" (each message as a file) and the type "smtp-attachments" (each part of a
 * message that is an attachment, decoded). Also tshark --export-objects smtp,FOLDER. Of a message with a hole the
 * octets before it are told, and "-incomplete" in the names says so; parts that end before it are whole.
 *
 * A message is told in the frame that completes it, whatever the server says then, so that none is lost whose reply was
 * not captured. The queue id stands in that reply: on later visits it is known; on the first visit of a frame the file
 * is named without it, and given its name when the reply comes.
 *
 * Copyright the authors of the esmtp plugin
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef ESMTP_EXPORT_H
#define ESMTP_EXPORT_H

void esmtp_export_register(void);

#endif /* ESMTP_EXPORT_H */
