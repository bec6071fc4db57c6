# Not run. Address and checksum are known when there is a release.
vcpkg_download_distfile(archive
  URLS "https://example.org/mailslog/mailslog-${VERSION}.tar.gz"
  FILENAME "mailslog-${VERSION}.tar.gz"
  SHA512 0)
vcpkg_extract_source_archive(source ARCHIVE "${archive}")

vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES
  spdlog MAILSLOG_WITH_SPDLOG
  boost-log MAILSLOG_WITH_BOOST_LOG
  slotcat MAILSLOG_BUILD_SLOTCAT)
vcpkg_cmake_configure(SOURCE_PATH "${source}"
  OPTIONS ${features} -DMAILSLOG_BUILD_TESTS=OFF -DMAILSLOG_BUILD_EXAMPLES=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/mailslog)
vcpkg_fixup_pkgconfig()
if("slotcat" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES slotcat AUTO_CLEAN)
endif()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE")
