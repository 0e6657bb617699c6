# tessera_flat_engine(5x3): target tessera_flat_5x3, the model of a wafer of 5 columns and 3 rows for the flat engine,
# in a shared library of its own that is loaded when that size is asked for. Every block of its tiles ticks in every
# cycle; with GATED_CLOCKS the tiles' clock gates are as in hardware.
#
# With MUTANT name SOURCE file: target tessera_flat_5x3_name, a wafer in which the file takes the place of the source of
# the same name (tessera_mutant()).
function(tessera_flat_engine size)
  cmake_parse_arguments(ARG "GATED_CLOCKS" "MUTANT;SOURCE" "" ${ARGN})
  set(target tessera_flat_${size})
  set(sources ${TESSERA_WAFER_SOURCES})
  # -O1: it is a reference, and compiles in a third of the time. A mutant runs for a few tokens.
  set(optimize -O1)
  if(ARG_MUTANT)
    set(target ${target}_${ARG_MUTANT})
    get_filename_component(name ${ARG_SOURCE} NAME)
    list(TRANSFORM sources REPLACE ".*/${name}$" ${ARG_SOURCE})
    if(NOT ARG_SOURCE IN_LIST sources)
      message(FATAL_ERROR "mutant ${ARG_MUTANT}: the wafer has no source ${name}")
    endif()
    set(optimize -O0)
  endif()
  if(TARGET ${target})
    return()
  endif()
  if(NOT size MATCHES "^([1-9][0-9]*)x([1-9][0-9]*)$")
    message(FATAL_ERROR "flat engine of size ${size}: should be <columns>x<rows>, like 5x3")
  endif()
  set(columns ${CMAKE_MATCH_1})
  set(rows ${CMAKE_MATCH_2})
  math(EXPR parts "(${columns} * ${rows} + 3) / 4")

  set(clocks -DTESSERA_FREE_CLOCKS)
  if(ARG_GATED_CLOCKS)
    set(clocks)
  endif()
  set(sim ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../sim)
  tessera_verilate(${target}_model TOP wafer SOURCES ${sim}/flat_wafer.vlt ${sources}
    ARGS -GCols=${columns} -GRows=${rows} -DTESSERA_HOST_MEMORY ${clocks} OPTIMIZE ${optimize} PARTS ${parts})
  add_library(${target} SHARED EXCLUDE_FROM_ALL ${sim}/flat_model.cpp ${sim}/host_memory.cpp)
  set_target_properties(${target}_model PROPERTIES EXCLUDE_FROM_ALL ON)
  target_compile_definitions(${target} PRIVATE TESSERA_COLUMNS=${columns} TESSERA_ROWS=${rows})
  target_include_directories(${target} PRIVATE ${sim}/..)
  target_link_libraries(${target} PRIVATE ${target}_model tessera_constants)
  # Two models in one process share nothing: everything but the factory stays inside.
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  target_link_options(${target} PRIVATE -Wl,-Bsymbolic -Wl,--exclude-libs,ALL)
endfunction()
