// The looks of a report: one palette, light and dark. Literal colours instead of variables, so that
// the SVG files look the same in programs that know less CSS than a browser. Printed, it is light.
#pragma once

#include <string>

namespace unmask {

std::string StyleOfFigures();
std::string StyleOfPage();  // without the figures' and the tables'

}  // namespace unmask
