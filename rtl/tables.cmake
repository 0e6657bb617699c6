# The look-up tables of the map unit: exp_table.sv and sigmoid_table.sv, generated from what the golden model uses.
# Its two functions depend on nothing else, so they are compiled in here instead of linking a floor above this one.
add_executable(generate_tables generate_tables.cpp ${CMAKE_SOURCE_DIR}/host/numerics/tables.cpp)
target_include_directories(generate_tables PRIVATE ${CMAKE_SOURCE_DIR})
target_compile_options(generate_tables PRIVATE -Wall -Wextra)

file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/rtl)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/rtl/exp_table.sv ${CMAKE_BINARY_DIR}/rtl/sigmoid_table.sv
  COMMAND generate_tables ${CMAKE_BINARY_DIR}/rtl/exp_table.sv ${CMAKE_BINARY_DIR}/rtl/sigmoid_table.sv
  DEPENDS generate_tables
  VERBATIM)
add_custom_target(tessera_tables
  DEPENDS ${CMAKE_BINARY_DIR}/rtl/exp_table.sv ${CMAKE_BINARY_DIR}/rtl/sigmoid_table.sv)
