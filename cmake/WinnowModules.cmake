# One static library a module, linked as src/layers.txt says: the table is the only
# place where a dependency is written down. Sources are found by name, so that adding
# a scheduler, searcher, runner or command is one new file and one line in its .def.

add_library(wn_flags INTERFACE)
target_include_directories(wn_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include
                           ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(wn_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(wn_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wdouble-promotion
  -Wswitch-enum -Wconversion -fno-common -Wno-missing-field-initializers
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
  $<$<BOOL:${WN_WERROR}>:-Werror>)
if(WN_SANITIZE)
  target_compile_options(wn_flags INTERFACE -fsanitize=${WN_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(wn_flags INTERFACE -fsanitize=${WN_SANITIZE})
endif()
if(WN_FUZZ) # coverage of the modules guides the fuzzer
  target_compile_options(wn_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(wn_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

file(STRINGS ${CMAKE_SOURCE_DIR}/src/layers.txt WN_LAYERS REGEX "^[a-z]+:")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/layers.txt)

# wn_ban(target source...): force base/banned.h into the target's sources. It reads system
# headers before the first line of the source, where a `#define _GNU_SOURCE` would come too
# late: a source that has one gets it from the command line as well. (Adding the line to
# an old source needs a new run of cmake; new sources cause one by themselves.)
function(wn_ban target)
  target_compile_options(${target} PRIVATE "SHELL:-include ${CMAKE_SOURCE_DIR}/src/base/banned.h")
  foreach(source IN LISTS ARGN)
    file(STRINGS ${source} wants_gnu REGEX "^#define _GNU_SOURCE" LIMIT_COUNT 1)
    if(wants_gnu)
      set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -D_GNU_SOURCE=)
    endif()
  endforeach()
endfunction()

# wn_add_modules(): a target wn_<module> for every line of the table. A source named
# main.c or *_main.c belongs to a program, not to the module's library.
function(wn_add_modules)
  set(seen "")
  foreach(line IN LISTS WN_LAYERS)
    string(REGEX REPLACE "^([a-z]+):[ ]*(.*)$" "\\1" module "${line}")
    string(REGEX REPLACE "^([a-z]+):[ ]*(.*)$" "\\2" deps "${line}")
    string(REPLACE " " ";" deps "${deps}")
    list(REMOVE_ITEM deps "")
    if(deps STREQUAL "*")
      set(deps ${seen})
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${module}/*.c)
    list(FILTER sources EXCLUDE REGEX "(^|/|_)main\\.c$")
    if(module STREQUAL "comm" AND NOT WN_MPI)
      list(FILTER sources EXCLUDE REGEX "/mpi[^/]*\\.c$")
    endif()
    if(sources)
      add_library(wn_${module} STATIC ${sources})
      wn_ban(wn_${module} ${sources})
      set(scope PUBLIC)
      target_link_libraries(wn_${module} PUBLIC wn_flags)
    else()
      add_library(wn_${module} INTERFACE)
      set(scope INTERFACE)
      target_link_libraries(wn_${module} INTERFACE wn_flags)
    endif()
    foreach(dep IN LISTS deps)
      target_link_libraries(wn_${module} ${scope} wn_${dep})
    endforeach()
    if(WN_LIBS_${module})
      target_link_libraries(wn_${module} ${scope} ${WN_LIBS_${module}})
    endif()
    if(module STREQUAL "comm" AND WN_MPI)
      target_compile_definitions(wn_${module} ${scope} WN_HAVE_MPI=1)
    endif()
    list(APPEND seen ${module})
  endforeach()
endfunction()
