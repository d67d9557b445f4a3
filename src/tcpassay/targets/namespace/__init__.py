"""The Linux kernel as a target: a network namespace, a TUN and socket calls made inside."""
