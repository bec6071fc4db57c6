# `cpack -G TGZ`, and with MAILSLOG_SYSTEM_PACKAGE `cpack -G DEB` and `cpack -G RPM`: library, development files, slotcat.
set(CPACK_PACKAGE_NAME mailslog)
set(CPACK_PACKAGE_VENDOR "The mailslog maintainers")
set(CPACK_PACKAGE_CONTACT "The mailslog maintainers <mailslog@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL library development)
if(MAILSLOG_BUILD_SLOTCAT)
  list(APPEND CPACK_COMPONENTS_ALL slotcat)
endif()

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/core)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY "=")  # until 1.0 each version may change the interface
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)

set(library libmailslog${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "log records in named mailslots\n\
Programs post log records to a named slot, and anybody on the machine or\n\
the LAN may read along. This package has the shared library.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/triggers)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libmailslog-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "libspdlog-dev, libboost-log-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "log records in named mailslots (development files)\n\
Programs post log records to a named slot, and anybody on the machine or\n\
the LAN may read along. This package has the headers, with sinks for\n\
spdlog and Boost.Log.")
set(CPACK_DEBIAN_SLOTCAT_PACKAGE_NAME slotcat)
set(CPACK_DEBIAN_SLOTCAT_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_SLOTCAT_PACKAGE_DEPENDS "${library} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_SLOTCAT_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/packaging/debian/postinst ${PROJECT_SOURCE_DIR}/packaging/debian/postrm)
set(CPACK_COMPONENT_SLOTCAT_DESCRIPTION "reader of log records in named mailslots\n\
Prints what programs post to a named slot, on this machine or anywhere on\n\
the LAN, filters it, and says what was lost.\n\n\
Local slots of all users are in /run/mailslog, for the group mailslog.")

set(CPACK_RPM_COMPONENT_INSTALL ON)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_LIBRARY_PACKAGE_NAME ${library})
set(CPACK_RPM_DEVELOPMENT_PACKAGE_NAME mailslog-devel)
set(CPACK_RPM_DEVELOPMENT_PACKAGE_REQUIRES "${library} = ${PROJECT_VERSION}")
set(CPACK_RPM_SLOTCAT_PACKAGE_NAME slotcat)
set(CPACK_RPM_SLOTCAT_POST_INSTALL_SCRIPT_FILE ${PROJECT_SOURCE_DIR}/packaging/debian/postinst)

if(MAILSLOG_SYSTEM_PACKAGE)
  install(FILES packaging/systemd/slotcat@.service DESTINATION lib/systemd/system COMPONENT slotcat)
  install(FILES packaging/systemd/mailslog.conf DESTINATION lib/tmpfiles.d COMPONENT slotcat)

  # What Debian's policy wants of each package.
  string(TIMESTAMP mailslog_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  configure_file(packaging/debian/changelog.in packaging/changelog.Debian @ONLY)
  execute_process(COMMAND gzip -9nf ${PROJECT_BINARY_DIR}/packaging/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
  foreach(component IN LISTS CPACK_COMPONENTS_ALL)
    string(TOUPPER ${component} upper)
    set(folder ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
    install(FILES LICENSE RENAME copyright DESTINATION ${folder} COMPONENT ${component})
    install(FILES ${PROJECT_BINARY_DIR}/packaging/changelog.Debian.gz DESTINATION ${folder} COMPONENT ${component})
  endforeach()
endif()

include(CPack)
