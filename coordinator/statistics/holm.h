// Several tests at once.
#pragma once

#include <span>
#include <vector>

namespace unmask {

// Holm's step-down p-values (Holm 1979, Scand. J. Statist. 6:65): with those below a level called
// significant, the chance of any false call among all the tests is at most that level. In the order
// given.
std::vector<double> HolmAdjusted(std::span<const double> p_values);

}  // namespace unmask
