package status

import (
	"maps"
	"slices"
)

// Rooms lists the paths that s serves to everyone, as patterns, the files of the page apart.
func (s *Server) Rooms() []string { return slices.Sorted(maps.Keys(s.rooms())) }
