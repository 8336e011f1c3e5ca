#include <cstdio>

#include "compile/two_units.hpp"
#include "compile/two_units_train.hpp"

int main() {
  if (!support::same_bits(trained_here(), trained_in_other_unit())) {
    std::puts("the two units disagree");
    return 1;
  }
}
