# Sets ESMTP_VERSION: the first heading of the change list is the one place that has it.
#
# SPDX-License-Identifier: GPL-2.0-or-later

file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/CHANGES.md" ESMTP_VERSION REGEX "^## [0-9]+\\.[0-9]+\\.[0-9]+$" LIMIT_COUNT 1)
string(REPLACE "## " "" ESMTP_VERSION "${ESMTP_VERSION}")
if(NOT ESMTP_VERSION)
    message(FATAL_ERROR "CHANGES.md begins with no version.")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/CHANGES.md")
