# tessera_mutant(variable source FIND text REPLACE text [NAME file]): a copy of a source in which one place is changed,
# for tests that have to find the fault. Its path is put into `variable`. Making it fails unless the text is in the
# source exactly once, so that a mutant can never be the original. No semicolons in the texts.
function(tessera_mutant variable source)
  cmake_parse_arguments(ARG "" "FIND;REPLACE;NAME" "" ${ARGN})
  get_filename_component(source ${source} ABSOLUTE)
  if(NOT ARG_NAME)
    get_filename_component(ARG_NAME ${source} NAME)
  endif()
  set(mutant ${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME})
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/TesseraMutate.cmake)
  add_custom_command(
    OUTPUT ${mutant}
    COMMAND ${CMAKE_COMMAND} "-DSOURCE=${source}" "-DOUTPUT=${mutant}" "-DFIND=${ARG_FIND}" "-DREPLACE=${ARG_REPLACE}"
            -P ${script}
    DEPENDS ${source} ${script}
    COMMENT "Mutant ${ARG_NAME}"
    VERBATIM)
  set(${variable} ${mutant} PARENT_SCOPE)
endfunction()
