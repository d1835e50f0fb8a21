# The package for Debian and its like: "cpack" in the build folder. A module loads into one Wireshark x.y only, so each x.y has a
# package of its own: the release says which, and the dependencies hold it to that.
#
# SPDX-License-Identifier: GPL-2.0-or-later

find_program(ESMTP_DPKG dpkg)
find_program(ESMTP_GZIP gzip)
find_program(ESMTP_SHLIBDEPS dpkg-shlibdeps)
find_program(ESMTP_FILE file)
if(NOT ESMTP_DPKG OR NOT ESMTP_GZIP)
    return()
endif()
if(NOT ESMTP_SHLIBDEPS OR NOT ESMTP_FILE)
    message(STATUS "No package can be made by cpack: apt-get install dpkg-dev file")
    return()
endif()
execute_process(COMMAND "${ESMTP_DPKG}" --print-architecture OUTPUT_VARIABLE architecture OUTPUT_STRIP_TRAILING_WHITESPACE)
math(EXPR next_minor "${Wireshark_MINOR_VERSION} + 1")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wireshark-esmtp)
set(CPACK_PACKAGE_CONTACT "esmtp authors <esmtp@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME "wireshark-esmtp_${ESMTP_VERSION}_ws${ESMTP_WIRESHARK_ABI}_${architecture}.deb")
set(CPACK_DEBIAN_PACKAGE_RELEASE "1+ws${ESMTP_WIRESHARK_ABI}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "wireshark-common (>= ${ESMTP_WIRESHARK_ABI}), wireshark-common (<< ${Wireshark_MAJOR_VERSION}.${next_minor}~)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "tshark | wireshark")
set(CPACK_DEBIAN_PACKAGE_ENHANCES "tshark, wireshark")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "SMTP dissector plugin for Wireshark ${ESMTP_WIRESHARK_ABI}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Takes the place of the small SMTP dissector of Wireshark and tshark. It\n\
explains each command, reply code and EHLO extension, ties each reply to its\n\
command, follows each mail from MAIL to its verdict, and goes on inside TLS\n\
when the keys are at hand. Filters and columns on smtp.* keep working.\n\
.\n\
This package is for Wireshark ${ESMTP_WIRESHARK_ABI}.")

# What Debian wants to find below /usr/share/doc.
set(documents "${CMAKE_BINARY_DIR}/package/documents")
file(REMOVE_RECURSE "${documents}")
file(COPY "${PROJECT_SOURCE_DIR}/COPYING" "${CMAKE_CURRENT_LIST_DIR}/copyright" DESTINATION "${documents}")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${CMAKE_CURRENT_LIST_DIR}/changelog.Debian.in" "${CMAKE_BINARY_DIR}/package/changelog.Debian" @ONLY)
execute_process(COMMAND "${ESMTP_GZIP}" -9n INPUT_FILE "${CMAKE_BINARY_DIR}/package/changelog.Debian"
                OUTPUT_FILE "${documents}/changelog.Debian.gz")
execute_process(COMMAND "${ESMTP_GZIP}" -9n INPUT_FILE "${PROJECT_SOURCE_DIR}/plugin/CHANGES.md"
                OUTPUT_FILE "${documents}/changelog.gz")
install(DIRECTORY "${documents}/" DESTINATION share/doc/wireshark-esmtp COMPONENT documents EXCLUDE_FROM_ALL)
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};esmtp;ALL;/" "${CMAKE_BINARY_DIR};esmtp;documents;/")

include(CPack)
