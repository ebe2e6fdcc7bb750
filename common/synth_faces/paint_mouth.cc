#include "common/synth_faces/face_painter.h"

namespace unmask {
namespace {

constexpr Colour kTeeth{0.95, 0.93, 0.88};
constexpr Colour kTongue{0.72, 0.34, 0.34};

}  // namespace

void FacePainter::PaintCheek(double side) {
  // From the wing of the nose round the mouth: smiles, sneers and raised lips deepen it.
  const double lift = 0.05 * au_[9] + 0.03 * au_[10];
  const double wide = 0.06 * au_[12] + 0.03 * au_[20];
  const double deep = 0.16 + 0.55 * au_[12] + 0.5 * au_[10] + 0.4 * au_[9] + 0.15 * au_[15];
  Line({{side * (id_.nose_width + 0.05), 0.24 - lift},
        {side * (id_.nose_width + 0.16 + wide), 0.38 - 0.5 * lift},
        {side * (id_.mouth_width + 0.13 + wide), 0.62 - 0.05 * au_[12]}},
       {0.02, 0.045, 0.0}, shade_, deep, &head_);
  const double apple = 0.6 * au_[6] + 0.35 * au_[12];
  Shadow(side * 0.54, 0.25 - 0.04 * au_[6], 0.32, 0.24,
         Mix(1.08 * id_.skin, {0.95, 0.5, 0.45}, 0.3), apple, &head_);
  Shadow(side * 0.60, 0.44 - 0.05 * au_[6], 0.28, 0.12, shade_, 0.45 * apple, &head_);
}

void FacePainter::PaintNose() {
  const double lift = 0.055 * au_[9] + 0.02 * au_[10];
  const double base = -0.02 + id_.nose_length - lift;
  const double wing = id_.nose_width * (1 + 0.14 * au_[9] + 0.05 * au_[10]);
  for (const double side : {-1.0, 1.0}) {
    const double light = side * id_.light_side > 0 ? 0.25 : 0.55;
    Line({{side * 0.085, -0.26}, {side * 0.07, -0.02}, {side * 0.10, base - 0.10}},
         {0.02, 0.05, 0.01}, shade_, light, &head_);
    Line({{side * wing * 0.9, base - 0.11},
          {side * wing * 1.08, base - 0.02},
          {side * wing * 0.75, base + 0.03}},
         {0.0, 0.045, 0.02}, line_, 0.55 + 0.3 * au_[9], &head_);
    canvas_.Fill(Ellipse(At(side * wing * 0.47, base + 0.02), 0.042 * Scale(), 0.027 * Scale()),
                 line_, 0.85, &head_);
    // A wrinkled nose: creases across the bridge and down its sides.
    for (const double y : {-0.20, -0.10, 0.0}) {
      Line({{side * 0.02, y - 0.015}, {side * 0.12, y + 0.01}, {side * 0.19, y + 0.08}},
           {0.02, 0.036, 0.0}, shade_, 0.95 * au_[9], &head_);
    }
  }
  Shadow(0, base - 0.06, 0.10, 0.08, 1.25 * id_.skin, 0.6, &head_);
  Line({{-wing * 0.5, base + 0.045}, {0, base + 0.06}, {wing * 0.5, base + 0.045}},
       {0.0, 0.03, 0.0}, line_, 0.45, &head_);
}

FacePainter::MouthLines FacePainter::MouthOf() const {
  const double middle = id_.mouth_height + 0.35 * JawDrop() - 0.045 * au_[17];
  MouthLines m{};
  m.corner_x = id_.mouth_width + 0.125 * au_[12] + 0.155 * au_[20] + 0.03 * au_[14] -
               0.15 * au_[18] - 0.045 * au_[24] - 0.03 * au_[23] - 0.08 * au_[27] - 0.02 * au_[26];
  m.corner_y = middle - 0.150 * au_[12] + 0.135 * au_[15] + 0.02 * au_[20] - 0.02 * au_[14];
  const double tight = std::max(
      0.18, 1 - 0.55 * au_[23] - 0.70 * au_[24] - 0.8 * au_[28] - 0.25 * au_[12] - 0.25 * au_[20]);
  const double lip = 0.075 * id_.lip_thickness * tight * (1 + 0.5 * au_[18]);
  const double open = 0.050 * au_[25] + 0.15 * au_[26] + 0.42 * au_[27] + 0.05 * au_[12] * au_[25] +
                      0.045 * au_[20] * au_[25];
  const double smile = 0.035 * au_[12];  // the middle stays behind the corners
  m.inner_top = middle + smile - 0.30 * open - 0.075 * au_[10] - 0.03 * au_[9];
  m.inner_bottom = std::max(m.inner_top + 0.012,
                            middle + smile + 0.70 * open + 0.075 * au_[16] - 0.05 * au_[17]);
  m.outer_top = m.inner_top - lip;
  m.outer_bottom = m.inner_bottom + 1.25 * lip * (1 + 0.25 * au_[17] + 0.2 * au_[16]);
  return m;
}

std::array<Point, 5> FacePainter::Lip(const MouthLines& m, double y, double bow) {
  const double side_y = m.corner_y + (y - m.corner_y) * 0.78;
  return {{{-m.corner_x, m.corner_y},
           {-m.corner_x * 0.5, side_y},
           {0, y + bow},
           {m.corner_x * 0.5, side_y},
           {m.corner_x, m.corner_y}}};
}

Mask FacePainter::Between(const std::array<Point, 5>& top,
                          const std::array<Point, 5>& bottom) const {
  Path shape = Spline(top);
  const Path below = Spline(bottom);
  shape.insert(shape.end(), below.rbegin(), below.rend());
  return canvas_.MaskOf(Placed(shape));
}

void FacePainter::PaintMouth() {
  const MouthLines m = MouthOf();
  const auto outer_top = Lip(m, m.outer_top, 0.018);
  const auto inner_top = Lip(m, m.inner_top, 0.0);
  const auto inner_bottom = Lip(m, m.inner_bottom, 0.0);
  const auto outer_bottom = Lip(m, m.outer_bottom, 0.0);
  Shadow(0, m.outer_bottom + 0.07, 0.26, 0.09, shade_, 0.45 + 0.3 * au_[17], &head_);
  canvas_.Fill(Between(outer_top, outer_bottom), lips_);
  canvas_.Fill(Between(outer_top, inner_top), 0.86 * lips_);
  const Mask opening = Between(inner_top, inner_bottom);
  canvas_.Fill(opening, Mix(kDark, {0.30, 0.08, 0.09}, 0.5));
  const double gap = m.inner_bottom - m.inner_top;
  if (gap > 0.03) PaintTeeth(m, gap, opening);
  Line({inner_top[0], inner_top[1], inner_top[2], inner_top[3], inner_top[4]},
       {0.02, 0.035, 0.03, 0.035, 0.02}, line_, 0.9);
  Shadow(0, m.outer_bottom - 0.03, 0.16, 0.04, Mix(lips_, {1, 1, 1}, 0.5), 0.4, nullptr);
  for (const double side : {-1.0, 1.0}) PaintCorner(side, m);
  PaintChin(m);
}

void FacePainter::PaintTeeth(const MouthLines& m, double gap, const Mask& opening) {
  Shadow(0, m.inner_bottom, m.corner_x * 0.7, std::min(0.14, gap * 0.6), kTongue, 0.9, &opening);
  const double upper =
      std::min(0.085, gap * 0.75) * std::min(1.0, 0.55 + 0.5 * au_[12] + 0.4 * au_[10]);
  canvas_.Fill(Between(Lip(m, m.inner_top - 0.02, 0), Lip(m, m.inner_top + upper, 0)), kTeeth, 0.95,
               &opening);
  const double lower = std::min(0.05, gap * 0.5) * std::min(1.0, au_[16] + 0.6 * au_[20]);
  if (lower > 0.005) {
    canvas_.Fill(Between(Lip(m, m.inner_bottom - lower, 0), Lip(m, m.inner_bottom + 0.02, 0)),
                 0.92 * kTeeth, 0.9, &opening);
  }
}

void FacePainter::PaintCorner(double side, const MouthLines& m) {
  const double x = side * m.corner_x;
  const double deep = 0.35 + 0.5 * au_[14] + 0.4 * au_[12] + 0.4 * au_[15] + 0.2 * au_[24];
  Line({{x, m.corner_y - 0.025 - 0.03 * au_[14]},
        {x + side * 0.035, m.corner_y + 0.03 * au_[15]},
        {x + side * 0.03, m.corner_y + 0.03 + 0.06 * au_[15]}},
       {0.0, 0.045, 0.0}, line_, deep, &head_);
  // Drawn down: a crease runs from the corner towards the chin.
  Line({{x, m.corner_y + 0.03}, {x + side * 0.05, m.corner_y + 0.17}}, {0.04, 0.0}, shade_,
       0.9 * au_[15], &head_);
  // Stretched sideways: creases beside the mouth.
  for (const double off : {0.07, 0.13}) {
    Line({{x + side * off, m.corner_y - 0.10},
          {x + side * (off + 0.03), m.corner_y},
          {x + side * off, m.corner_y + 0.11}},
         {0.0, 0.032, 0.0}, shade_, 0.85 * au_[20], &head_);
  }
  for (const double y : {-0.07, -0.05}) {  // pressed: bulges above and below the red
    Shadow(side * m.corner_x * 0.55, m.outer_top + y, 0.15, 0.05, 1.15 * id_.skin,
           0.35 * (au_[24] + au_[23]), &head_);
  }
}

void FacePainter::PaintChin(const MouthLines& m) {
  const double y = (m.outer_bottom + ChinY()) / 2;
  Line({{-0.20, y + 0.03}, {0, y - 0.03 - 0.02 * au_[17]}, {0.20, y + 0.03}}, {0.0, 0.04, 0.0},
       shade_, 0.25 + 0.7 * au_[17], &head_);
  for (const double x : {-0.09, 0.0, 0.09}) {  // the raised chin is dented
    Shadow(x, y + 0.10, 0.045, 0.04, line_, 0.5 * au_[17], &head_);
  }
}

}  // namespace unmask
