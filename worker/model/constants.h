// Constants of training that are no settings: every engine has them. PyTorch's defaults.
#pragma once

namespace unmask {

inline constexpr double kBatchNormMomentum = 0.1;  // of the running statistics
inline constexpr double kBatchNormEpsilon = 1e-5;
inline constexpr double kAdamBeta1 = 0.9;
inline constexpr double kAdamBeta2 = 0.999;
inline constexpr double kAdamEpsilon = 1e-8;
inline constexpr double kUnitEpsilon = 1e-12;  // a row of unit length was divided by at least this

}  // namespace unmask
