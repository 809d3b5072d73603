install(TARGETS hastur RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES docs/hastur.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES cmake/completions/hastur.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME hastur)
install(FILES cmake/completions/hastur.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES cmake/completions/_hastur DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES cmake/networkd/10-hastur-veth.network cmake/networkd/10-hastur-bridge.network
  DESTINATION lib/systemd/network)
