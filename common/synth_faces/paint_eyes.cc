#include "common/synth_faces/face_painter.h"

namespace unmask {
namespace {

constexpr Colour kSclera{0.95, 0.94, 0.93};

}  // namespace

void FacePainter::PaintEye(double side) {
  const double size = id_.eye_size;
  const double closed = au_[43];
  const double up =
      size *
      std::max(0.012, (0.130 + 0.085 * au_[5] - 0.045 * au_[7] - 0.025 * au_[6] - 0.02 * au_[9]) *
                          (1 - closed));
  const double down = size *
                      (0.080 - 0.040 * au_[7] - 0.045 * au_[6] - 0.015 * au_[9] + 0.012 * au_[5]) *
                      (1 - 0.4 * closed);
  const double x = side * id_.eye_distance;
  const double y = -0.15;
  const double half = 0.205 * size;
  // Inner corner first; the outer one lies a little higher.
  const double in = x - side * half;
  const double out = x + side * half;
  const auto lid = [&](double height) {
    return std::array<Point, 5>{{{in, y + 0.015},
                                 {x - side * half * 0.5, y - height * 0.80},
                                 {x, y - height},
                                 {x + side * half * 0.55, y - height * 0.75},
                                 {out, y - 0.02}}};
  };
  const auto top = lid(up);
  const auto bottom = lid(-down);
  Path shape = Spline(top);
  const Path lower = Spline(bottom);
  shape.insert(shape.end(), lower.rbegin(), lower.rend());
  const Mask eye = canvas_.MaskOf(Placed(shape));
  canvas_.Fill(eye, kSclera);
  const double iris = 0.108 * size;
  const Point middle = At(x, y - 0.02);
  canvas_.Fill(Ellipse(middle, iris * Scale(), iris * Scale()), id_.iris, 1, &eye);
  canvas_.Fill(Ellipse(middle, 0.055 * Scale(), 0.055 * Scale()), kDark, 1, &eye);
  canvas_.Fill(Ellipse(At(x - 0.03, y - 0.055), 0.025 * Scale(), 0.025 * Scale()), {1, 1, 1}, 0.9,
               &eye);
  Shadow(x, y - up, half, 0.09, line_, 0.45, &eye);  // the lid's shadow
  Line({top[0], top[1], top[2], top[3], top[4]}, {0.02, 0.055, 0.06, 0.06, 0.04}, line_, 0.95);
  Line({bottom[0], bottom[1], bottom[2], bottom[3], bottom[4]}, {0.01, 0.022, 0.026, 0.028, 0.02},
       line_, 0.55 + 0.3 * au_[7]);
  // The fold above the lid comes nearer as the lid is raised, and is hidden under a lowered brow.
  const double fold = up + 0.055 - 0.03 * au_[5];
  Line({{in, y - 0.05}, {x, y - fold}, {out, y - 0.08}}, {0.01, 0.024, 0.01}, line_,
       0.5 * (1 - 0.7 * au_[4]));
  // Raised cheeks: a pouch under the eye and crow's feet.
  const double pouch = 0.12 + 0.75 * au_[6] + 0.2 * au_[7];
  Line({{in + side * 0.02, y + down + 0.05},
        {x, y + down + 0.085 - 0.02 * au_[6]},
        {out, y + down + 0.03}},
       {0.01, 0.03, 0.01}, shade_, pouch, &head_);
  for (const double angle : {-0.09, 0.02, 0.12}) {
    Line({{out + side * 0.06, y + 0.3 * angle}, {out + side * 0.20, y + angle * 1.1}}, {0.026, 0.0},
         line_, 0.7 * au_[6], &head_);
  }
}

FacePainter::BrowLine FacePainter::BrowOf(double side) const {
  const double y = -0.44 + id_.brow_height;
  const double frown = au_[4];
  const double sunk = 0.035 * au_[9];
  const double in_y = y + 0.02 + id_.brow_slope - 0.150 * au_[1] - 0.03 * au_[2] +
                      0.135 * frown * (1 - 0.55 * au_[1]) + 1.6 * sunk;
  const double middle_y = y - 0.035 - 0.085 * au_[1] - 0.105 * au_[2] + 0.085 * frown + sunk;
  const double arch_y = y - 0.06 - 0.02 * au_[1] - 0.165 * au_[2] + 0.035 * frown + sunk;
  const double out_y =
      y + 0.03 - id_.brow_slope + 0.02 * au_[1] * (1 - au_[2]) - 0.125 * au_[2] + 0.005 * frown;
  const double in_x = 0.185 - 0.075 * frown;
  const double half = id_.eye_distance;
  return {{side * in_x, in_y},
          {side * (half - 0.06 - 0.03 * frown), middle_y},
          {side * (half + 0.12), arch_y},
          {side * (half + 0.27), out_y}};
}

void FacePainter::PaintBrow(double side) {
  const BrowLine brow = BrowOf(side);
  const double t = 0.098 * id_.brow_thickness;
  Line({brow.in, brow.middle, brow.arch, brow.out}, {0.8 * t, 1.1 * t, 0.9 * t, 0.15 * t},
       Mix(id_.hair, kDark, 0.35), 0.92, &head_);
}

void FacePainter::PaintForehead() {
  const double raised = std::min(1.0, 0.65 * au_[1] + 0.65 * au_[2]);
  const double reach = 0.28 + 0.24 * au_[2];
  for (const double y : {-0.72, -0.83, -0.94}) {
    const double lift = 0.02 + 0.04 * au_[1];
    Line({{-reach, y + 0.02},
          {-0.2, y - 0.02},
          {0, y - lift + 0.03},
          {0.2, y - 0.02},
          {reach, y + 0.02}},
         {0.0, 0.03, 0.032, 0.03, 0.0}, shade_, 0.85 * raised, &head_);
  }
  for (const double side : {-1.0, 1.0}) {  // between the brows
    Line({{side * 0.075, -0.58 + 0.04 * au_[4]},
          {side * 0.055, -0.45 + 0.04 * au_[4]},
          {side * 0.085, -0.33 + 0.03 * au_[4]}},
         {0.0, 0.045, 0.0}, line_, 0.85 * au_[4], &head_);
  }
}

}  // namespace unmask
