#include "common/synth_faces/face_painter.h"

namespace unmask {

void FacePainter::PaintBackHair() {
  if (id_.hair_style == HairStyle::kLong) {
    canvas_.Fill(Closed({{0, -1.42},
                         {0.95, -1.0},
                         {1.2, 0},
                         {1.22, 1.3},
                         {0.6, 1.6},
                         {-0.6, 1.6},
                         {-1.22, 1.3},
                         {-1.2, 0},
                         {-0.95, -1.0}}),
                 0.85 * id_.hair);
  } else if (id_.hair_style == HairStyle::kBun) {
    canvas_.Fill(Closed({{0, -1.75}, {0.32, -1.55}, {0.3, -1.25}, {-0.3, -1.25}, {-0.32, -1.55}}),
                 0.9 * id_.hair);
  }
  const double top = id_.hair_style == HairStyle::kCrop ? -1.30 : -1.40;
  canvas_.Fill(Closed({{0, top},
                       {0.72, -1.18},
                       {1.06, -0.6},
                       {1.03, 0.0},
                       {-1.03, 0.0},
                       {-1.06, -0.6},
                       {-0.72, -1.18}}),
               id_.hair);
}

void FacePainter::PaintBody() {
  canvas_.Fill(Closed({{-0.5, 0.6}, {0.5, 0.6}, {0.5, 1.5}, {0.7, 1.9}, {-0.7, 1.9}, {-0.5, 1.5}}),
               0.80 * id_.skin);
  canvas_.Fill(Closed({{-0.55, 1.5},
                       {0, 1.75},
                       {0.55, 1.5},
                       {1.5, 1.75},
                       {2.2, 2.4},
                       {0, 2.8},
                       {-2.2, 2.4},
                       {-1.5, 1.75}}),
               id_.clothes);
}

void FacePainter::PaintHead() {
  for (const double side : {-1.0, 1.0}) {
    canvas_.Fill(
        Closed(
            {{side * 0.97, -0.28}, {side * 1.12, -0.26}, {side * 1.10, 0.1}, {side * 0.98, 0.26}}),
        0.9 * id_.skin);
  }
  const double jaw = 0.80 * id_.jaw;
  const double chin = ChinY();
  const double low = 0.62 + 0.6 * JawDrop();
  head_ = canvas_.MaskOf(Closed({{0, -1.22},
                                 {0.62, -1.06},
                                 {0.96, -0.55},
                                 {1.0, 0.0},
                                 {std::min(0.93, jaw + 0.11), low - 0.14},
                                 {jaw * 0.76, low + 0.28},
                                 {0.30, chin - 0.04},
                                 {0, chin},
                                 {-0.30, chin - 0.04},
                                 {-jaw * 0.76, low + 0.28},
                                 {-std::min(0.93, jaw + 0.11), low - 0.14},
                                 {-1.0, 0.0},
                                 {-0.96, -0.55},
                                 {-0.62, -1.06}}));
  canvas_.Fill(head_, id_.light * id_.skin);
  const Mask* in = &head_;
  // The sides turn away from the light, the middle faces it.
  for (const double side : {-1.0, 1.0}) {
    const double away = 0.5 - 0.35 * side * id_.light_side;
    Shadow(side * 1.05, 0.1, 0.42, 1.4, shade_, 0.75 * away, in);
    Shadow(side * 0.44, 0.30, 0.36, 0.32, 1.12 * id_.skin, 0.5, in);
    Shadow(side * id_.eye_distance, -0.20, 0.36, 0.27, shade_, 0.55, in);
  }
  Shadow(0, -0.72, 0.7, 0.42, 1.12 * id_.skin, 0.45, in);
  Shadow(0, 0.0, 0.13, 0.5, 1.16 * id_.skin, 0.6, in);
  Shadow(0, chin + 0.05, 0.7, 0.22, shade_, 0.6, in);
}

void FacePainter::PaintFrontHair() {
  switch (id_.hair_style) {
    case HairStyle::kCrop:
      return canvas_.Fill(Closed({{0, -1.32},
                                  {0.75, -1.16},
                                  {1.06, -0.55},
                                  {0.97, -0.30},
                                  {0.90, -0.66},
                                  {0.55, -1.0},
                                  {0, -1.06},
                                  {-0.55, -1.0},
                                  {-0.90, -0.66},
                                  {-0.97, -0.30},
                                  {-1.06, -0.55},
                                  {-0.75, -1.16}}),
                          id_.hair);
    case HairStyle::kShort:
      return canvas_.Fill(Closed({{0, -1.45},
                                  {0.78, -1.22},
                                  {1.10, -0.55},
                                  {1.0, -0.18},
                                  {0.90, -0.56},
                                  {0.72, -0.86},
                                  {0.1, -0.98},
                                  {-0.45, -0.86},
                                  {-0.85, -0.62},
                                  {-1.0, -0.18},
                                  {-1.10, -0.55},
                                  {-0.78, -1.22}}),
                          id_.hair);
    case HairStyle::kLong:
      return canvas_.Fill(Closed({{0, -1.46},
                                  {0.82, -1.2},
                                  {1.18, -0.4},
                                  {1.16, 0.6},
                                  {0.98, 0.5},
                                  {0.93, -0.25},
                                  {0.62, -0.82},
                                  {0.05, -1.06},
                                  {-0.62, -0.82},
                                  {-0.93, -0.25},
                                  {-0.98, 0.5},
                                  {-1.16, 0.6},
                                  {-1.18, -0.4},
                                  {-0.82, -1.2}}),
                          id_.hair);
    case HairStyle::kBun:
      return canvas_.Fill(Closed({{0, -1.42},
                                  {0.78, -1.18},
                                  {1.06, -0.5},
                                  {0.97, -0.1},
                                  {0.90, -0.5},
                                  {0.6, -0.92},
                                  {0, -1.08},
                                  {-0.6, -0.92},
                                  {-0.90, -0.5},
                                  {-0.97, -0.1},
                                  {-1.06, -0.5},
                                  {-0.78, -1.18}}),
                          id_.hair);
  }
}

}  // namespace unmask
