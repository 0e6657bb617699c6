# Gathers what Verilator wrote to FOLDER into PARTS files of fast code and one of slow code, each a list of #includes,
# so that the build knows its sources before Verilator has run.
include(${FOLDER}/${PREFIX}.cmake)

set(fast ${${PREFIX}_CLASSES_FAST} ${${PREFIX}_SUPPORT_FAST})
set(slow ${${PREFIX}_CLASSES_SLOW} ${${PREFIX}_SUPPORT_SLOW})

function(write_part name)
  set(text "")
  foreach(file ${ARGN})
    string(APPEND text "#include \"${file}\"\n")
  endforeach()
  file(WRITE ${FOLDER}/${PREFIX}_${name}.cpp "${text}")
endfunction()

write_part(slow ${slow})
math(EXPR last_part "${PARTS} - 1")
foreach(part RANGE ${last_part})
  set(files)
  set(index 0)
  foreach(file ${fast})
    math(EXPR turn "${index} % ${PARTS}")
    if(turn EQUAL part)
      list(APPEND files ${file})
    endif()
    math(EXPR index "${index} + 1")
  endforeach()
  write_part(fast_${part} ${files})
endforeach()
