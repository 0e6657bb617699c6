// Which wrong operator the tiles of the mutants' wafer have, by its number in CMakeLists.txt; 0: none.

package mutant_pkg;

  import "DPI-C" pure function int tessera_mutant();

endpackage
