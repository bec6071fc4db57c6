# Programs of a user who has no patience with warnings, also where they come from headers of ours.
#
# PARTS: what to use, of core, spdlog and boost_log.
enable_testing()
set(programs ${CMAKE_CURRENT_LIST_DIR}/../../conan/test_package)

foreach(part IN LISTS PARTS)
  add_executable(use_${part} ${programs}/${part}.cpp)
  target_link_libraries(use_${part} PRIVATE mailslog::${part})
  target_compile_options(use_${part} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Werror)
  add_test(NAME ${part} COMMAND use_${part})
endforeach()

add_executable(use_whole ${programs}/core.cpp)
target_link_libraries(use_whole PRIVATE mailslog::mailslog)
add_test(NAME whole COMMAND use_whole)

# Has nothing to do with mailslog, and must be compiled as if it were not there.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/bystander.cpp "int main() {}\n")
add_executable(bystander ${CMAKE_CURRENT_BINARY_DIR}/bystander.cpp)
