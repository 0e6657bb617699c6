# tessera_flat_engine(5x3): target tessera_flat_5x3, the model of a wafer of 5 columns and 3 rows for the flat engine,
# in a shared library of its own that is loaded when that size is asked for. Every block of its tiles ticks in every
# cycle; with GATED_CLOCKS the tiles' clock gates are as in hardware.
#
# With MUTANT name SOURCES files...: target tessera_flat_5x3_name, a wafer in which SystemVerilog files take the place of
# the sources of the same names (tessera_mutant()). Packages (_pkg.sv) and C++ files come in addition.
#
# How they are made, for a build tree that is to compare (host/bench/model_build.h):
set(TESSERA_FLAT_OPTIMIZE -O1 CACHE STRING "Of flat models; -O1: a reference, compiled in a third of the time")
set(TESSERA_FLAT_THREADS 1 CACHE STRING "Verilator's own threads of flat models")
option(TESSERA_FLAT_HIERARCHICAL "Flat models by Verilator's hierarchical mode, a block a tile" OFF)

function(tessera_flat_engine size)
  cmake_parse_arguments(ARG "GATED_CLOCKS" "MUTANT" "SOURCES" ${ARGN})
  set(target tessera_flat_${size})
  set(sources ${TESSERA_WAFER_SOURCES})
  set(optimize ${TESSERA_FLAT_OPTIMIZE})
  set(additional)
  if(ARG_MUTANT)
    set(target ${target}_${ARG_MUTANT})
    foreach(source ${ARG_SOURCES})
      get_filename_component(name ${source} NAME)
      if(name MATCHES "\\.cpp$")
        list(APPEND additional ${source})
      elseif(name MATCHES "_pkg\\.sv$")
        list(PREPEND sources ${source})
      else()
        list(TRANSFORM sources REPLACE ".*/${name}$" ${source})
        if(NOT source IN_LIST sources)
          message(FATAL_ERROR "mutant ${ARG_MUTANT}: the wafer has no source ${name}")
        endif()
      endif()
    endforeach()
    set(optimize -O0)  # it runs for a few tokens
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

  set(arguments -DTESSERA_HOST_MEMORY)
  if(NOT ARG_GATED_CLOCKS)
    list(APPEND arguments -DTESSERA_FREE_CLOCKS)
  endif()
  if(TESSERA_FLAT_THREADS GREATER 1)
    # The memories' functions touch only their own tile's memory.
    list(APPEND arguments --threads ${TESSERA_FLAT_THREADS} --threads-dpi all)
  endif()

  set(sim ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../sim)
  if(TESSERA_FLAT_HIERARCHICAL)
    # Parameters of the command line reach every block, and the tile has none: so they are written into the source.
    set(wafer ${CMAKE_CURRENT_BINARY_DIR}/${target}_wafer.sv)
    list(GET TESSERA_WAFER_SOURCES -1 source)
    file(READ ${source} text)
    set(names Cols Rows)
    set(values ${columns} ${rows})
    foreach(name value IN ZIP_LISTS names values)
      string(REGEX REPLACE "(parameter int unsigned ${name} =) [0-9]+" "\\1 ${value}" text "${text}")
      if(NOT text MATCHES "parameter int unsigned ${name} = ${value}")
        message(FATAL_ERROR "${source}: the parameter ${name} was not found")
      endif()
    endforeach()
    file(CONFIGURE OUTPUT ${wafer} CONTENT "${text}" @ONLY)
    tessera_verilate(${target}_model TOP wafer SOURCES ${sim}/flat_hierarchical.vlt ${sim}/flat_wafer.vlt
      ${TESSERA_TILE_SOURCES} ${wafer} ARGS ${arguments} OPTIMIZE ${optimize} BLOCKS tile)
  else()
    tessera_verilate(${target}_model TOP wafer SOURCES ${sim}/flat_share_tiles.vlt ${sim}/flat_wafer.vlt
      ${sources} ARGS -GCols=${columns} -GRows=${rows} ${arguments}
      OPTIMIZE ${optimize} PARTS ${parts})
  endif()
  add_library(${target} SHARED EXCLUDE_FROM_ALL
    ${sim}/flat_model.cpp ${sim}/host_memory.cpp ${sim}/word_arena.cpp ${additional})
  set_target_properties(${target}_model PROPERTIES EXCLUDE_FROM_ALL ON)
  target_compile_definitions(${target} PRIVATE TESSERA_COLUMNS=${columns} TESSERA_ROWS=${rows})
  target_include_directories(${target} PRIVATE ${sim}/..)
  target_link_libraries(${target} PRIVATE ${target}_model tessera_constants)
  # Two models in one process share nothing: everything but the factory stays inside.
  set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
  target_link_options(${target} PRIVATE -Wl,-Bsymbolic -Wl,--exclude-libs,ALL)
endfunction()
