# Puts a profile into a user's folder, or takes it out again: cmake -DFROM=... -DTO=... [-DREMOVE=ON] -P profile.cmake
#
# FROM is the profile's folder here, TO the user's. What the user has changed there is the user's: a file is written or removed only
# if it is not there, or as some version of the plugin has shipped it. profile.sha256 lists those, the newest ones last.
#
# SPDX-License-Identifier: GPL-2.0-or-later

cmake_minimum_required(VERSION 3.20)
file(STRINGS "${CMAKE_CURRENT_LIST_DIR}/profile.sha256" shipped)
file(GLOB names RELATIVE "${FROM}" "${FROM}/*")
foreach(name IN LISTS names)
    set(there "${TO}/${name}")
    if(EXISTS "${there}")
        file(SHA256 "${there}" sum)
        if(NOT "${sum}  ${name}" IN_LIST shipped)
            message(STATUS "Left as it is, since it was changed: ${there}")
            continue()
        endif()
    endif()
    if(REMOVE)
        file(REMOVE "${there}")
    else()
        message(STATUS "Installing: ${there}")
        file(COPY "${FROM}/${name}" DESTINATION "${TO}")
    endif()
endforeach()
if(REMOVE)
    file(GLOB left "${TO}/*")
    if(NOT left)
        file(REMOVE_RECURSE "${TO}")
    endif()
endif()
