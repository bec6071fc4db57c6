# What `cmake --install` puts where: a package that can be moved, for CMake and for pkg-config.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(mailslog_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mailslog)

# pkg-config files find the library from where they lie.
set(mailslog_pc_prefix ${CMAKE_INSTALL_PREFIX})
set(mailslog_pc_libdir ${CMAKE_INSTALL_FULL_LIBDIR})
set(mailslog_pc_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" /)
  string(REGEX REPLACE "/$" "" up "${up}")
  set(mailslog_pc_prefix "\${pcfiledir}/${up}")
  set(mailslog_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
  set(mailslog_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()

# mailslog_install(COMPONENT PKG_CONFIG name HEADERS folder...)
#
# The target mailslog_COMPONENT as mailslog::COMPONENT, its headers, and NAME.pc from NAME.pc.in.
function(mailslog_install component)
  if(NOT MAILSLOG_INSTALL)
    return()
  endif()
  cmake_parse_arguments(arg "" PKG_CONFIG HEADERS ${ARGN})
  install(TARGETS mailslog_${component} EXPORT mailslog-${component}
    RUNTIME COMPONENT library
    LIBRARY COMPONENT library NAMELINK_COMPONENT development
    ARCHIVE COMPONENT development)
  install(EXPORT mailslog-${component} NAMESPACE mailslog:: DESTINATION ${mailslog_cmake_dir} COMPONENT development)
  install(DIRECTORY ${arg_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    FILES_MATCHING PATTERN "*.hpp")
  configure_file(${arg_PKG_CONFIG}.pc.in ${arg_PKG_CONFIG}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${arg_PKG_CONFIG}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT development)
endfunction()

# mailslog_install_program(TARGET): finds the shared library from where the program lies.
function(mailslog_install_program program)
  if(NOT MAILSLOG_INSTALL)
    return()
  endif()
  file(RELATIVE_PATH library ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  if(NOT BUILD_SHARED_LIBS OR MAILSLOG_SYSTEM_PACKAGE)
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "")
  elseif(APPLE)
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "@loader_path/${library}")
  else()
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${library}")
  endif()
  install(TARGETS ${program} RUNTIME COMPONENT slotcat)
endfunction()

# mailslog_install_file(FILE FOLDER): something that goes with slotcat.
function(mailslog_install_file file folder)
  if(MAILSLOG_INSTALL)
    if(MAILSLOG_SYSTEM_PACKAGE AND file MATCHES "\\.1$")
      add_custom_command(OUTPUT ${file}.gz COMMAND gzip -9nkf ${file} DEPENDS ${file} VERBATIM)
      add_custom_target(mailslog_compressed_manual ALL DEPENDS ${file}.gz)
      add_dependencies(mailslog_compressed_manual slotcat_manual)
      set(file ${file}.gz)
    endif()
    install(FILES ${file} DESTINATION ${folder} COMPONENT slotcat)
  endif()
endfunction()

if(MAILSLOG_INSTALL)
  configure_package_config_file(mailslog-config.cmake.in mailslog-config.cmake INSTALL_DESTINATION ${mailslog_cmake_dir})
  write_basic_package_version_file(mailslog-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/mailslog-config.cmake ${PROJECT_BINARY_DIR}/mailslog-config-version.cmake
    DESTINATION ${mailslog_cmake_dir} COMPONENT development)
endif()
