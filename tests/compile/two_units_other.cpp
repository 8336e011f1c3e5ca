#include "compile/two_units.hpp"
#include "compile/two_units_train.hpp"

std::vector<float> trained_in_other_unit() { return trained_here(); }
