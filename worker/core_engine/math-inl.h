// exp and log of our own: the library's differ between its versions and instruction sets. Range
// reduction and polynomials as in Moshier's Cephes (expf.c, logf.c).
#if defined(UNMASK_CORE_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNMASK_CORE_MATH_INL_H_
#undef UNMASK_CORE_MATH_INL_H_
#else
#define UNMASK_CORE_MATH_INL_H_
#endif

#include <cmath>

#include "worker/core_engine/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace unmask {
namespace HWY_NAMESPACE {

// c[0] x^(n-1) + ... + c[n-1], by Horner's rule.
template <std::size_t N>
HWY_INLINE Vec Polynomial(Vec x, const float (&c)[N]) {
  Vec sum = Splat(c[0]);
  UNMASK_UNROLL
  for (std::size_t i = 1; i < N; ++i) sum = hn::MulAdd(sum, x, Splat(c[i]));
  return sum;
}

// exp(x) = 2^n exp(r) with n = round(x / ln 2), |r| <= ln 2 / 2. Below 2 units in the last place
// for -87.3 <= x <= 88; 0 below that, and exp(88) above; not a number stays one.
HWY_INLINE Vec Exp(Vec x) {
  constexpr float kLeast = -87.33654F;  // exp of it is the least normal number
  constexpr float kMost = 88.0F;
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2High = 0.693359375F;  // with few bits, so that n times it is exact
  constexpr float kLn2Low = -2.12194440e-4F;
  const hn::RebindToSigned<Floats> ints;
  const auto is_number = hn::Eq(x, x);
  const auto too_small = hn::Lt(x, Splat(kLeast));
  const Vec bounded =
      hn::IfThenElse(is_number, hn::Min(hn::Max(x, Splat(kLeast)), Splat(kMost)), Zero());
  const auto n = hn::NearestInt(hn::Mul(bounded, Splat(kLog2E)));
  const Vec n_float = hn::ConvertTo(Floats(), n);
  Vec r = hn::NegMulAdd(n_float, Splat(kLn2High), bounded);
  r = hn::NegMulAdd(n_float, Splat(kLn2Low), r);
  const Vec p = Polynomial(r, {1.9875691500e-4F, 1.3981999507e-3F, 8.3334519073e-3F,
                               4.1665795894e-2F, 1.6666665459e-1F, 5.0000001201e-1F});
  const Vec exp_r = hn::Add(hn::MulAdd(hn::Mul(r, r), p, r), Splat(1.0F));
  const Vec power = hn::BitCast(Floats(), hn::ShiftLeft<23>(hn::Add(n, hn::Set(ints, 127))));
  const Vec result = hn::IfThenZeroElse(too_small, hn::Mul(exp_r, power));
  return hn::IfThenElse(is_number, result, x);
}

// Whether Root() may be asked for all of these: 2^-63 <= x < 2, and estimates that are good enough,
// as AVX-512 has them. In that range, and nowhere else, an exponent's upper two bits are 01, which
// takes one operation a vector to see; Adam's second moments lie in it but for rare ones.
template <std::size_t N>
HWY_INLINE bool HaveRoots(const Vec (&x)[N]) {
  if (!kManyRegisters) return false;
  const hn::RebindToUnsigned<Floats> bits;
  const auto expected = hn::Set(bits, std::uint32_t{0x20000000});
  auto differ = hn::Zero(bits);
  UNMASK_UNROLL
  for (std::size_t i = 0; i < N; ++i) {
    differ = hn::Or(differ, hn::Xor(hn::BitCast(bits, x[i]), expected));
  }
  const auto upper = hn::And(differ, hn::Set(bits, std::uint32_t{0x60000000}));
  return hn::AllTrue(bits, hn::Eq(upper, hn::Zero(bits)));
}

// sqrt(x), correctly rounded like the processor's own, without its divider: that is busy with a
// root as long as with a division, and Adam needs both. y ~ 1 / sqrt(x) is an estimate to 14 bits;
// one step of Goldschmidt's makes it 27; and adding half the exact remainder x - root^2 over root
// rounds right for every x that HaveRoots() (math_test.cc tries them).
HWY_INLINE Vec Root(Vec x) {
  const Vec half = Splat(0.5F);
  const Vec y = hn::ApproximateReciprocalSqrt(x);
  const Vec root = hn::Mul(x, y);
  const Vec slope = hn::Mul(y, half);
  const Vec error = hn::NegMulAdd(root, slope, half);
  const Vec near = hn::MulAdd(root, error, root);
  const Vec remainder = hn::NegMulAdd(near, near, x);
  return hn::MulAdd(remainder, hn::MulAdd(slope, error, slope), near);
}

// log(x) = n ln 2 + log(m) with x = 2^n m, sqrt(1/2) <= m < sqrt(2). Below 2 units in the last
// place for normal x > 0; others are not asked for.
HWY_INLINE Vec Log(Vec x) {
  constexpr float kSqrtHalf = 0.707106781F;
  constexpr float kLn2High = 0.693359375F;
  constexpr float kLn2Low = -2.12194440e-4F;
  const hn::RebindToSigned<Floats> ints;
  const auto bits = hn::BitCast(ints, x);
  // Counted from sqrt(1/2), whose exponent field ends up below 0 for smaller mantissas.
  const auto offset = hn::Sub(bits, hn::BitCast(ints, Splat(kSqrtHalf)));
  const auto n = hn::ShiftRight<23>(offset);
  const Vec m = hn::BitCast(Floats(), hn::Sub(bits, hn::ShiftLeft<23>(n)));
  const Vec n_float = hn::ConvertTo(Floats(), n);
  const Vec f = hn::Sub(m, Splat(1.0F));
  const Vec square = hn::Mul(f, f);
  const Vec p = Polynomial(f, {7.0376836292e-2F, -1.1514610310e-1F, 1.1676998740e-1F,
                               -1.2420140846e-1F, 1.4249322787e-1F, -1.6668057665e-1F,
                               2.0000714765e-1F, -2.4999993993e-1F, 3.3333331174e-1F});
  Vec low = hn::Mul(hn::Mul(f, square), p);
  low = hn::MulAdd(n_float, Splat(kLn2Low), low);
  low = hn::NegMulAdd(Splat(0.5F), square, low);
  return hn::MulAdd(n_float, Splat(kLn2High), hn::Add(f, low));
}

}  // namespace HWY_NAMESPACE
}  // namespace unmask
HWY_AFTER_NAMESPACE();

#endif  // UNMASK_CORE_MATH_INL_H_
