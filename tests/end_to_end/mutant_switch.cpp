// The switch of the mutants' wafer, in its library.

static int selected = 0;

// Called by the model.
extern "C" int tessera_mutant() { return selected; }

// Called by the test, while no model runs.
extern "C" void tessera_select_mutant(int number) { selected = number; }
